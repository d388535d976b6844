import type { ContainerLimits, GuardPolicy, GuardRole } from "../../contract/policy.ts";
import type { AuditEntry } from "./audit.ts";
import { checkDoors, egressOf, type DoorWorld } from "./egress.ts";
import { flag, type Call } from "./grammar.ts";
import { hardeningFlags } from "./hardening.ts";
import { imageReference, ownContainer } from "./names.ts";
import { managedSettings, MANAGED_SETTINGS_PATH } from "./managedSettings.ts";
import { checkMounts, groupOf, mountRequest, releasePath, type CheckedMounts, type Mount, type MountRequest } from "./mounts.ts";
import type { MountWorld } from "./mountWorld.ts";
import { Refusal } from "./refusal.ts";
import { roleOf } from "./roles.ts";
import { snapshotName, type SnapshotEntry } from "./snapshot.ts";
import { filterStdin, type FilteredStdin } from "./stdin.ts";
import { variablesOf, type Variables } from "./variables.ts";

/** Marks every agent container; helpers have other names and not this label. */
export const AGENT_LABEL = "podman-nanoclaw-runtime=agent";

/** A `docker run` that the rules let through. */
export interface RunPlan {
  /** What podman gets, `run` first. With `copy`, the workspace's source is still the original. */
  readonly argv: readonly string[];
  /** Secrets that reach the container through podman's environment, so that no command line shows them. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the container reads, or undefined when it has no stdin. */
  readonly stdin: string | undefined;
  /** Files and directories that have to be there first: content, or null for an empty directory. */
  readonly prepare: readonly { readonly path: string; readonly content: string | null }[];
  /** Copies of small things that have to be there first. */
  readonly snapshots: readonly { readonly path: string; readonly entries: readonly SnapshotEntry[] }[];
  /** The group's folder, when the agent works on a copy of it. */
  readonly copy: string | undefined;
  readonly entry: AuditEntry;
}

/** What planning needs besides policy and command line. */
export interface RunContext {
  readonly world: MountWorld;
  /** Who listens on the host; absent when there is no host to look at. */
  readonly doors?: DoorWorld;
  /** The guard's own directory, below XDG_RUNTIME_DIR. */
  readonly directory: string;
  /** What came on stdin; asked for only when the container reads it. */
  readonly stdin: () => string;
  /** Where podman writes the container's id. */
  readonly cidFile: string;
  /** True for a run of the smoke test's or of `make chat`'s: NanoClaw does not see it, for it stops what it does not know. */
  readonly operator?: boolean;
}

/** Decides about a `docker run`. Reads the file system, changes nothing. @throws Refusal */
export function planRun(call: Call, policy: GuardPolicy, context: RunContext): RunPlan {
  const image = imageReference(policy, call.operands[0]!);
  const requests = mountRequests(call);
  const folder = groupOf(policy, requests);
  // A caller may ask for less network than the role has: what of a secret enters follows from that, too.
  const connectedRole = (said: string | undefined): GuardRole => {
    const role = roleOf(policy, folder ?? said);
    return flag(call, "network") === "none" ? { ...role, network: "none" } : role;
  };
  const input = call.flags.has("interactive") ? filterStdin(context.stdin(), policy, connectedRole) : undefined;
  checkGroup(input, folder);
  checkName(call, folder ?? input?.folder);
  const role = connectedRole(input?.folder);
  checkMain(input, role, policy);
  const checked = checkMounts(policy, role, requests, context.world);
  const project = checked.mounts.some(({ target }) => target === "/workspace/project");
  const settings = `${context.directory}/managed-settings-${role.name}.json`;
  const shadows = project ? projectShadows(policy, context) : { mounts: [], prepare: [] };
  const limits = strictest(call, role.limits ?? policy.limits);
  const { network } = role;
  if (context.doors !== undefined) checkDoors(policy, role, context.doors);
  const egress = egressOf(policy, role);
  const variables = variablesOf(call, policy, role, egress);
  const name = flag(call, "name");
  const container = name === undefined ? undefined : ownContainer(policy, name);
  const snapshotOf = (entries: readonly SnapshotEntry[]): string => `${context.directory}/snapshots/${snapshotName(entries)}`;
  const mounts = checked.mounts.map((mount) => (mount.snapshot === undefined ? mount : { ...mount, source: snapshotOf(mount.snapshot) }));
  // With --no-hosts there is no /etc/hosts at all, and nothing would know the name localhost.
  const hosts = network !== "open" ? [{ source: `${context.directory}/hosts`, target: "/etc/hosts", write: false }] : [];
  return {
    argv: [
      "run",
      ...(input === undefined ? [] : ["--interactive"]),
      ...(container === undefined ? [] : [`--name=${container}`]),
      `--label=${AGENT_LABEL}`,
      `--label=podman-nanoclaw-runtime.install=${policy.install}${context.operator === true ? ".operator" : ""}`,
      `--label=podman-nanoclaw-runtime.role=${role.name}`,
      ...(call.flags.get("label") ?? []).map((label) => `--label=${label}`),
      `--cidfile=${context.cidFile}`,
      ...hardeningFlags(policy, role, limits),
      ...variables.flags,
      ...(network === "open" && call.flags.has("add-host") ? [`--add-host=${flag(call, "add-host")}`] : []),
      ...[...mounts, ...shadows.mounts, ...releaseMount(policy, project, context), ...hosts, ...egress.mounts, { source: settings, target: MANAGED_SETTINGS_PATH, write: false }].flatMap(volume),
      ...(call.flags.has("entrypoint") ? [`--entrypoint=${flag(call, "entrypoint")}`] : []),
      image,
      ...call.args,
    ],
    environment: variables.environment,
    stdin: input?.text,
    prepare: [{ path: settings, content: managedSettings(role) }, ...hosts.map(({ source }) => ({ path: source, content: "127.0.0.1 localhost\n::1 localhost\n" })), ...shadows.prepare],
    snapshots: checked.mounts.flatMap(({ snapshot }) => (snapshot === undefined ? [] : [{ path: snapshotOf(snapshot), entries: snapshot }])),
    copy: role.workspace === "copy" ? mounts.find(({ workspace }) => workspace)?.source : undefined,
    entry: auditEntry({ role, folder: folder ?? input?.folder, container, image, network, checked, input, variables }),
  };
}

/** How a mount reads on podman's command line. */
export function volume(mount: Mount): [string, string] {
  return ["-v", `${mount.source}:${mount.target}${mount.throwAway === true ? ":O" : mount.write ? "" : ":ro"}`];
}

function mountRequests(call: Call): MountRequest[] {
  const binds = (call.flags.get("mount") ?? []).map((text) => {
    const [, source, target] = /^type=bind,source=([^,]+),target=([^,]+),readonly$/.exec(text)!;
    return mountRequest(`${source}:${target}:ro`);
  });
  return [...binds, ...(call.flags.get("volume") ?? []).map(mountRequest)];
}

/** NanoClaw names a container after its group; a run that mounts another group's places is not NanoClaw's. */
function checkName(call: Call, folder: string | undefined): void {
  const name = flag(call, "name");
  if (name === undefined || folder === undefined) return;
  const safe = folder.replace(/[^A-Za-z0-9-]/g, "-");
  if (![`nanoclaw-${safe}-`, `nanoclaw-v2-${safe}-`, `nanoclaw-${folder}-`, `nanoclaw-v2-${folder}-`].some((head) => name.startsWith(head) && /^\d+$/.test(name.slice(head.length)))) {
    throw new Refusal("group-mixed", "--name", `nanoclaw-${safe}-<time>, after the group of the mounts or of stdin`, name, "name the container after its group");
  }
}

function checkGroup(input: FilteredStdin | undefined, folder: string | undefined): void {
  if (folder !== undefined && input?.folder !== undefined && input.folder !== folder) {
    throw new Refusal("group-mixed", "stdin.groupFolder", `${folder}, whose folder is mounted`, input.folder, "run one container for each group");
  }
}

/** NanoClaw says who is main; only the policy makes it so. */
function checkMain(input: FilteredStdin | undefined, role: GuardRole, policy: GuardPolicy): void {
  if (input?.isMain === true && !role.project && policy.roles.some(({ project }) => project)) {
    throw new Refusal("role-project", "stdin.isMain", "true only for a group whose role may see the project", `true, for the role ${role.name}`, "name the group's folder under roles.main.folders if it is main");
  }
}

/**
 * What of the project root stays hidden: an empty file or directory lies on each. `.env` is made when it is missing, so
 * that one that is written while the container runs is hidden too.
 */
function projectShadows(policy: GuardPolicy, { world, directory }: RunContext): { mounts: Mount[]; prepare: { path: string; content: string | null }[] } {
  const mounts: Mount[] = [{ source: "/dev/null", target: "/workspace/project/.env", write: false }];
  const prepare: { path: string; content: string | null }[] = [{ path: `${policy.root}/.env`, content: "" }];
  const empty = `${directory}/empty`;
  for (const path of policy.projectShadows) {
    if (path === ".env") continue;
    let kind: string;
    try {
      ({ kind } = world.resolve(`${policy.root}/${path}`));
    } catch {
      continue;
    }
    mounts.push({ source: kind === "directory" ? empty : "/dev/null", target: `/workspace/project/${path}`, write: false });
  }
  return { mounts, prepare: [...prepare, { path: empty, content: null }] };
}

/** The project's symbolic links lead into the release in use: it is there under the same name. */
function releaseMount(policy: GuardPolicy, project: boolean, { world }: RunContext): Mount[] {
  const path = project ? releasePath(policy, world) : undefined;
  return path === undefined ? [] : [{ source: path, target: policy.release!, write: false }];
}

/** The smaller of each limit asked for and the role's. A larger one is refused. */
function strictest(call: Call, limits: ContainerLimits): ContainerLimits {
  const least = (long: string, asked: number | undefined, most: number): number => {
    if (asked !== undefined && !(asked > 0 && asked <= most)) throw new Refusal("limits", `--${long}`, `more than 0 and at most ${most}`, String(asked), "leave it out, or raise the policy's limits");
    return asked ?? most;
  };
  const number = (long: string): number | undefined => (call.flags.has(long) ? Number(flag(call, long)) : undefined);
  return {
    memoryBytes: least("memory", sizeOf(flag(call, "memory")), limits.memoryBytes),
    cpus: least("cpus", number("cpus"), limits.cpus),
    pids: least("pids-limit", number("pids-limit"), limits.pids),
  };
}

/** Bytes, by podman's units: `512m`, `4gb`, `1.5GiB`; each prefix is a power of 1024. */
function sizeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, number, prefix = ""] = /^([\d.]+) ?([kmgtp]?)/i.exec(text)!;
  return Math.floor(Number(number) * 1024 ** " kmgtp".indexOf(prefix.toLowerCase() || " "));
}

function auditEntry(of: { role: GuardRole; folder: string | undefined; container: string | undefined; image: string; network: string; checked: CheckedMounts; input: FilteredStdin | undefined; variables: Variables }): AuditEntry {
  const { role, folder, container, image, network, checked, input, variables } = of;
  return {
    decision: "allowed",
    rule: "allow",
    call: "run",
    reason: `the group ${folder ?? "(none)"} has the role ${role.name}`,
    role: role.name,
    image,
    network,
    workspace: role.workspace,
    secrets: [...new Set([...(input?.kept ?? []), ...variables.kept])],
    secretsDropped: (input?.dropped ?? 0) + variables.dropped,
    downgraded: checked.downgraded,
    ...(folder === undefined ? {} : { group: folder }),
    ...(container === undefined ? {} : { container }),
  };
}
