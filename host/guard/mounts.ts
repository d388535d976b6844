import { blockedName, blockedPattern, inside, permissiveReason, RUNTIME_PLACES } from "../../contract/mountRules.ts";
import type { GuardPolicy, GuardRole } from "../../contract/policy.ts";
import { Refusal } from "./refusal.ts";
import { captures, CERTIFICATE_SOURCE, CERTIFICATE_TARGET, SLOTS, type Slot } from "./slots.ts";
import { isCertificates, type SnapshotEntry } from "./snapshot.ts";
import type { MountWorld } from "./mountWorld.ts";

/** What a command line asks for. */
export interface MountRequest {
  readonly source: string;
  readonly target: string;
  readonly write: boolean;
}

/** What podman gets. */
export interface Mount {
  /** Resolved: no symbolic link in it at the moment of the check. */
  readonly source: string;
  readonly target: string;
  readonly write: boolean;
  /** The group's folder, which `workspace: "copy"` replaces. */
  readonly workspace?: boolean;
  /** Overlay on top whose writes are thrown away. */
  readonly throwAway?: boolean;
  /** What the source held at the check, of which a copy is mounted instead: an agent may write where it lies. */
  readonly snapshot?: readonly SnapshotEntry[];
}

/** Mounts that the rules let through, and what they say about the run. */
export interface CheckedMounts {
  readonly mounts: readonly Mount[];
  /** Targets for which writing was asked and only reading is given; for the audit line. */
  readonly downgraded: readonly string[];
}

/** Takes `SOURCE:TARGET[:ro|rw]` apart. @throws Refusal when there is a `:` or an option too many */
export function mountRequest(text: string): MountRequest {
  const parts = text.split(":");
  const [source, target, option] = parts;
  const remedy = "give SOURCE:TARGET or SOURCE:TARGET:ro; neither path may hold a `:`";
  if (source === undefined || target === undefined || parts.length > 3 || (option !== undefined && option !== "ro" && option !== "rw")) {
    throw new Refusal("mount-syntax", "--volume", "SOURCE:TARGET[:ro|rw]", text, remedy);
  }
  for (const path of [source, target]) {
    if (!path.startsWith("/") || /[,"\\\x00-\x1f]/.test(path) || path.split("/").includes("..")) {
      throw new Refusal("mount-syntax", "--volume", "absolute paths without .. , \" \\", text, remedy);
    }
  }
  return { source: clean(source), target: clean(target), write: option !== "ro" };
}

/** The group whose folder, sessions or messages are mounted. @throws Refusal when there are several */
export function groupOf(policy: GuardPolicy, requests: readonly MountRequest[]): string | undefined {
  const folders = new Set(requests.flatMap((request) => SLOTS.flatMap((slot) => captures(policy, slot, request)?.["folder"] ?? [])));
  if (folders.size > 1) throw new Refusal("group-mixed", "--volume", "mounts of one group", [...folders].join(", "), "run one container for each group");
  return [...folders][0];
}

/**
 * Checks every mount against the slots that NanoClaw uses (slots.ts) and, for /workspace/extra, against the policy's
 * extra mounts. Sources are resolved now and podman gets what they resolved to.
 *
 * @throws Refusal
 */
export function checkMounts(policy: GuardPolicy, role: GuardRole, requests: readonly MountRequest[], world: MountWorld): CheckedMounts {
  const mounts: Mount[] = [];
  const downgraded: string[] = [];
  const group = requests.flatMap((request) => SLOTS.flatMap((slot) => captures(policy, slot, request)?.["group"] ?? []));
  if (new Set(group).size > 1) throw new Refusal("group-mixed", "--volume", "mounts of one agent group", [...new Set(group)].join(", "), "run one container for each group");
  for (const request of requests) {
    if (mounts.some(({ target }) => target === request.target)) throw new Refusal("mount-duplicate", "--volume", "one mount on each place", request.target, "leave the second one out");
    const mount = checkMount(policy, role, request, world);
    if (mount === undefined) continue;
    if (!mount.write && mount.snapshot === undefined) checkSubmounts(request, mount, world);
    if (request.write && !mount.write && mount.throwAway !== true) downgraded.push(request.target);
    mounts.push(mount);
  }
  // What hides the project's secrets (run.ts) belongs to the mount of the project itself.
  const part = mounts.find(({ target }) => target.startsWith("/workspace/project/"));
  if (part !== undefined && mounts.every(({ target }) => target !== "/workspace/project")) {
    throw new Refusal("mount-target", part.target, "a mount of /workspace/project besides", "a part of the project alone", "mount the project root there, read-only, or leave this out");
  }
  return { mounts, downgraded };
}

/** A bind mount takes along what is mounted below its source, and "read-only" holds for the top alone. */
function checkSubmounts(request: MountRequest, { source }: Mount, world: MountWorld): void {
  const [below] = world.mountedBelow(source);
  if (below === undefined) return;
  throw new Refusal("mount-permissive", request.source, "a read-only source with no other file system mounted below it", `${below}, which would be writable`, "mount that place itself, or unmount it");
}

function checkMount(policy: GuardPolicy, role: GuardRole, request: MountRequest, world: MountWorld): Mount | undefined {
  const slot = SLOTS.find((one) => captures(policy, one, request) !== undefined);
  if (slot !== undefined) return slotMount(policy, role, slot, request, world);
  if (!policy.hardening.mounts) return { source: resolved(request, world).path, target: request.target, write: request.write };
  if (CERTIFICATE_TARGET.test(request.target) && CERTIFICATE_SOURCE.test(request.source)) return certificateMount(request, world);
  const known = SLOTS.find(({ target }) => target === request.target);
  if (known !== undefined) {
    throw new Refusal(inside(request.source, policy.root) ? "mount-permissive" : "mount-not-allowed", request.target, `${policy.root}/${known.source}`, request.source, "this place belongs to NanoClaw's own directories");
  }
  if (!request.target.startsWith("/workspace/extra/")) {
    throw new Refusal("mount-target", request.target, "a place that NanoClaw mounts, or one below /workspace/extra", request.target, "mount it below /workspace/extra");
  }
  return extraMount(policy, role, request, world);
}

/** OneCLI's certificates, which NanoClaw leaves among the host's temporary files: anybody could swap one there. */
function certificateMount(request: MountRequest, world: MountWorld): Mount {
  const { path, kind } = resolved(request, world);
  const snapshot = world.snapshot(request.source);
  if (path !== request.source || kind !== "file" || !isCertificates(snapshot)) {
    throw new Refusal("mount-source", request.source, "a file with certificates and no private key", "something else", "restart NanoClaw, which writes it anew");
  }
  return { source: path, target: request.target, write: false, snapshot };
}

/** One of NanoClaw's own places. */
function slotMount(policy: GuardPolicy, role: GuardRole, slot: Slot, request: MountRequest, world: MountWorld): Mount | undefined {
  if (slot.project === true && !role.project) {
    throw new Refusal("role-project", request.target, `a role that may see the project (${policy.roles.filter(({ project }) => project).map(({ name }) => name).join(", ") || "none"})`, `the role ${role.name}`, `name the group's folder under roles.main.folders if it is main`);
  }
  if (slot.source === "/dev/null") return undefined; // a shadow: the guard lays its own (run.ts)
  if (slot.target === "/workspace/project" && request.write) {
    throw new Refusal("mount-read-only", request.target, "the project root read-only", "a mount for writing", "add :ro");
  }
  const source = resolved(request, world);
  const wanted = slot.code === true ? undefined : realRoot(policy, world) + request.source.slice(policy.root.length);
  if (wanted !== undefined && source.path !== wanted) {
    throw new Refusal("mount-symlink", request.source, wanted, source.path, "replace the symbolic link by the directory itself");
  }
  if (slot.code === true && ![realRoot(policy, world), releasePath(policy, world)].some((place) => place !== undefined && inside(source.path, place))) {
    throw new Refusal("mount-symlink", request.source, `a path in ${policy.release ?? policy.root}`, source.path, "replace the symbolic link");
  }
  const write = slot.write === true || (slot.write === "global" && role.globalWrite) || (slot.write === "source" && policy.agentSource === "rw");
  return {
    source: source.path,
    target: request.target,
    write: write && request.write,
    ...(slot.workspace === true ? { workspace: true } : {}),
    ...(slot.snapshot === true ? { snapshot: world.snapshot(source.path) } : {}),
    ...(slot.write === "source" && policy.agentSource === "copy" ? { throwAway: true } : {}),
  };
}

/** Something of the user's, below /workspace/extra. */
function extraMount(policy: GuardPolicy, role: GuardRole, request: MountRequest, world: MountWorld): Mount {
  const { path, kind } = resolved(request, world);
  for (const one of [request.source, path]) {
    const pattern = blockedPattern(one, policy.blockedPatterns);
    if (pattern !== undefined) throw new Refusal("mount-blocked", request.source, `a path without ${pattern}`, one, "move what the agent needs to a directory without credentials");
    const reason = permissiveReason(one, { root: policy.root, runtime: [...RUNTIME_PLACES, ...(policy.release === null ? [] : [policy.release])] });
    if (reason !== undefined) throw new Refusal("mount-permissive", request.source, "a directory that holds nothing but what the agent may see", `${one} (${reason})`, "mount the one directory that the agent needs");
  }
  const child = kind === "directory" ? namesIn(request, path, world).find((one) => blockedName(one, policy.blockedPatterns)) : undefined;
  if (child !== undefined) throw new Refusal("mount-blocked", request.source, `a directory without ${child}`, path, "mount the one directory that the agent needs");
  const given = policy.extraMounts.filter(({ roles }) => roles.includes(role.name));
  const roots = given.filter(({ path: root }) => inside(path, root));
  if (roots.length === 0) {
    // An extra mount is not resolved itself: who may write above it could lead it elsewhere.
    const linked = given.some(({ path: root }) => inside(request.source, root));
    throw new Refusal("mount-not-allowed", request.source, `a path under one of the role ${role.name}'s extra mounts`, linked ? `${path}, to which a symbolic link leads` : path, linked ? "name that place itself among the host's additionalMounts and run `pulumi up`" : "add it to the host's additionalMounts and run `pulumi up`");
  }
  return { source: path, target: request.target, write: request.write && roots.some(({ access }) => access === "rw") };
}

function namesIn({ source }: MountRequest, path: string, world: MountWorld): string[] {
  try {
    return world.list(path);
  } catch (error) {
    throw new Refusal("mount-source", source, "a directory that the service user can read", (error as NodeJS.ErrnoException).code ?? "an error", "give it the right to read");
  }
}

function resolved(request: MountRequest, world: MountWorld): ReturnType<MountWorld["resolve"]> {
  let found: ReturnType<MountWorld["resolve"]>;
  try {
    found = world.resolve(request.source);
  } catch (error) {
    throw new Refusal("mount-source", request.source, "something that exists and can be read", (error as NodeJS.ErrnoException).code ?? "an error", "make it first");
  }
  if (found.kind === "other") throw new Refusal("mount-source", request.source, "a directory or a plain file", "a socket, device or pipe", "mount the directory that holds what the agent needs");
  if (!/^\/[^:,"\\\x00-\x1f]*$/.test(found.path)) throw new Refusal("mount-syntax", request.source, "a resolved path without : , \" \\", found.path, "rename it");
  return found;
}

/** The project root, resolved. */
export function realRoot(policy: GuardPolicy, world: MountWorld): string {
  try {
    return world.resolve(policy.root).path;
  } catch {
    return policy.root;
  }
}

/** The release in use, resolved, or undefined when there is none. */
export function releasePath(policy: GuardPolicy, world: MountWorld): string | undefined {
  if (policy.release === null) return undefined;
  try {
    return world.resolve(policy.release).path;
  } catch {
    return undefined;
  }
}

function clean(path: string): string {
  return `/${path.split("/").filter((part) => part !== "" && part !== ".").join("/")}`;
}
