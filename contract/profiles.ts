import { createHash } from "node:crypto";
import { CA_BUNDLE, DOORS_DIRECTORY, type EgressMode } from "./egress.ts";
import type { ContainerLimits, GuardPolicy, GuardRole } from "./policy.ts";

/** A use case of the first seed. */
export type ProfileName = "personal" | "shared" | "untrusted" | "production";

/** One column of the profile table: what differs between use cases. All hardening flags are on in every one. */
export interface Profile {
  /** For whom, one line; it stands in docs/SECURITY.md. */
  readonly purpose: string;
  /** How each role reaches the world. */
  readonly network: Readonly<Record<RoleName, GuardRole["network"]>>;
  readonly workspace: Readonly<Record<RoleName, GuardRole["workspace"]>>;
  /** Sets of secrets by role; see SECRET_SETS. */
  readonly secrets: Readonly<Record<RoleName, readonly SecretSet[]>>;
  readonly agentSource: GuardPolicy["agentSource"];
  readonly log: GuardPolicy["log"]["driver"];
  /** False: `extraMounts` are refused. */
  readonly extraMounts: boolean;
  /** May untrusted groups keep Claude Code's permission bypass, which NanoClaw asks for? */
  readonly untrustedBypass: boolean;
}

/** The three roles that every policy has; a stack may add more in front of them. */
export type RoleName = "main" | "trusted" | "untrusted";

/** Secrets that go together. */
export type SecretSet = "model" | "otherModels" | "git";

/** The names in each set. */
export const SECRET_SETS: Readonly<Record<SecretSet, readonly string[]>> = {
  model: ["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"],
  otherModels: ["MINIMAX_API_KEY", "OPENROUTER_API_KEY"],
  git: ["GITHUB_TOKEN", "GH_TOKEN"],
};

const allBind = { main: "bind", trusted: "bind", untrusted: "bind" } as const;
const every = <Mode extends EgressMode>(mode: Mode): Readonly<Record<RoleName, Mode>> => ({ main: mode, trusted: mode, untrusted: mode });
const byTrust = { main: ["model", "git"], trusted: ["model", "otherModels", "git"], untrusted: ["model"] } as const;

/** The profile table. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  personal: { purpose: "one person's own machine and groups", network: every("open"), workspace: allBind, secrets: byTrust, agentSource: "ro", log: "k8s-file", extraMounts: true, untrustedBypass: true },
  shared: { purpose: "several people's groups on one machine", network: every("allowlist"), workspace: allBind, secrets: byTrust, agentSource: "ro", log: "none", extraMounts: true, untrustedBypass: true },
  untrusted: {
    purpose: "groups or code that nobody vouches for",
    network: every("api-only"),
    workspace: { main: "bind", trusted: "copy", untrusted: "copy" },
    secrets: { main: ["model"], trusted: ["model"], untrusted: ["model"] },
    agentSource: "ro",
    log: "none",
    extraMounts: false,
    untrustedBypass: false,
  },
  production: { purpose: "a service that others rely on", network: every("allowlist"), workspace: allBind, secrets: byTrust, agentSource: "ro", log: "none", extraMounts: true, untrustedBypass: true },
};

/** Group folders of main and of the trusted lanes (the second seed's). */
export const ROLE_FOLDERS: Readonly<Record<RoleName, readonly string[]>> = { main: ["main"], trusted: ["andy-developer", "andy-bot", "jarvis-worker-*"], untrusted: ["*"] };

/** A change to some members of a role. `limits` that are not given are the policy's. */
export type RoleOverride = Partial<Omit<GuardRole, "name" | "permissions" | "limits">> & { readonly permissions?: Partial<GuardRole["permissions"]>; readonly limits?: Partial<ContainerLimits> | null };

/** A change to some members of a policy; a role is changed by its name. */
export type PolicyOverrides = Partial<Omit<GuardPolicy, "roles" | "hardening" | "tmpfs" | "log" | "copy" | "build" | "limits" | "version">> & {
  readonly hardening?: Partial<GuardPolicy["hardening"]>;
  readonly tmpfs?: Partial<GuardPolicy["tmpfs"]>;
  readonly log?: Partial<GuardPolicy["log"]>;
  readonly copy?: Partial<GuardPolicy["copy"]>;
  readonly build?: Partial<GuardPolicy["build"]>;
  readonly limits?: Partial<ContainerLimits>;
  readonly roles?: Readonly<Record<string, RoleOverride>>;
};

/** What a policy is made from. */
export interface GuardPolicyArgs {
  readonly profile: ProfileName;
  /** N, 1..256. */
  readonly containers: number;
  /** Limits of one container. */
  readonly limits: ContainerLimits;
  /** NanoClaw's project root on the host, such as /var/lib/nanoclaw. */
  readonly root: string;
  /** Where releases lie, such as /opt/nanoclaw/releases; `current` beside it is the one in use. Null: code is in the root. */
  readonly releases: string | null;
  /** The image that NanoClaw runs, such as nanoclaw-agent:latest. */
  readonly image: string;
  readonly overrides?: PolicyOverrides;
}

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** Makes the policy that the `guard` step writes to /etc/nanoclaw/guard.json. Pure. */
export function guardPolicy(args: GuardPolicyArgs): GuardPolicy {
  const { overrides = {} } = args;
  const { roles: roleOverrides = {}, hardening, tmpfs, log, copy, build, limits, ...plain } = overrides;
  const base = profilePolicy(args, { ...args.limits, ...limits });
  return {
    ...base,
    ...plain,
    hardening: { ...base.hardening, ...hardening },
    tmpfs: { ...base.tmpfs, ...tmpfs },
    log: { ...base.log, ...log },
    copy: { ...base.copy, ...copy },
    build: { ...base.build, ...build },
    roles: overrideRoles(base, roleOverrides),
  };
}

/** The profile's policy with nothing overridden, for these limits. */
export function profilePolicy(args: GuardPolicyArgs, limits: ContainerLimits): GuardPolicy {
  const profile = PROFILES[args.profile];
  const share = (part: number, most: number): number => Math.max(16 * MiB, Math.min(most, Math.floor((limits.memoryBytes * part) / MiB) * MiB));
  return {
    version: 1,
    profile: args.profile,
    install: createHash("sha256").update(args.root).digest("hex").slice(0, 8),
    podman: "/usr/bin/podman",
    root: args.root,
    release: args.releases === null ? null : args.releases.replace(/[^/]+\/?$/, "current"),
    images: [args.image],
    containers: args.containers,
    slice: "nanoclaw-agents.slice",
    buildSlice: "nanoclaw-build.slice",
    limits,
    // Together at most half of the container's memory, so that a full /tmp is ENOSPC and not an out-of-memory kill.
    tmpfs: { tmpBytes: share(0.2, GiB), homeBytes: share(0.15, 512 * MiB), varTmpBytes: share(0.03, 64 * MiB), runBytes: 16 * MiB, shmBytes: share(0.1, 256 * MiB) },
    log: { driver: profile.log, maxBytes: MiB },
    hardening: { user: true, readOnly: true, capDrop: true, noNewPrivileges: true, memory: true, cpus: true, pids: true, slice: true, mounts: true, secrets: true },
    projectShadows: [".env", "store/auth", "data/sessions", "data/env", "config"],
    agentSource: profile.agentSource,
    environment: [
      "TZ", "HOME", "LANG", "ANTHROPIC_BASE_URL", "ANTHROPIC_DEFAULT_SONNET_MODEL", "CONTAINER_HOST_GATEWAY", "CLAUDE_CODE_*", "NANOCLAW_*",
      "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "DENO_CERT", "NODE_EXTRA_CA_CERTS",
    ],
    stdinMembers: [
      "prompt", "sessionId", "groupFolder", "chatJid", "isMain", "isScheduledTask", "assistantName", "secrets", "script",
      "runId", "opsExtended", "schedulerEnabled", "workerSteeringEnabled", "dynamicGroupRegistrationEnabled",
    ],
    stdinMaxBytes: 64 * MiB,
    blockedPatterns: [],
    extraMounts: [],
    copy: { maxBytes: 2 * GiB, maxFiles: 100_000 },
    roles: (["main", "trusted", "untrusted"] as const).map((name) => role(name, profile)),
    egress: { directory: DOORS_DIRECTORY, credential: "ANTHROPIC_API_KEY", caBundle: CA_BUNDLE },
    build: { network: "open", memoryBytes: Math.max(limits.memoryBytes, 2 * GiB) },
    journalSocket: "/run/systemd/journal/stdout",
  };
}

function role(name: RoleName, profile: Profile): GuardRole {
  return {
    name,
    folders: [...ROLE_FOLDERS[name]],
    network: profile.network[name],
    gitRepositories: [],
    secrets: profile.secrets[name].flatMap((set) => SECRET_SETS[set]),
    placeholders: [],
    project: name === "main",
    globalWrite: false,
    workspace: profile.workspace[name],
    limits: null,
    permissions: {
      bypass: name === "untrusted" ? profile.untrustedBypass : true,
      allow: name === "untrusted" ? ["Bash", "Read", "Edit", "Write", "Glob", "Grep", "TodoWrite", "NotebookEdit", "Skill", "Task", "WebSearch", "WebFetch", "mcp__nanoclaw"] : [],
      // What no agent needs and what would outlive or hide its run.
      deny: ["Read(//proc/*/environ)", "Read(//home/node/.git-credentials)", ...(name === "untrusted" ? ["Bash(git push:*)", "Bash(gh:*)"] : [])],
      scrubEnvironment: [...SECRET_SETS.git, "GITLAB_TOKEN", "GIT_ASKPASS", "NPM_TOKEN"],
    },
  };
}

/** Changes roles by name; a name that is not there yet becomes a role in front of the others, as trusted as `untrusted`. */
function overrideRoles({ roles, limits }: GuardPolicy, overrides: Readonly<Record<string, RoleOverride>>): GuardRole[] {
  const change = (one: GuardRole, by: RoleOverride): GuardRole => ({
    ...one,
    ...by,
    limits: by.limits === undefined ? one.limits : by.limits === null ? null : { ...limits, ...by.limits },
    permissions: { ...one.permissions, ...by.permissions },
  });
  const least = roles.at(-1)!;
  const added = Object.keys(overrides).filter((name) => roles.every((one) => one.name !== name));
  return [
    ...added.map((name) => change({ ...least, name, folders: [name] }, overrides[name]!)),
    ...roles.map((one) => (Object.hasOwn(overrides, one.name) ? change(one, overrides[one.name]!) : one)),
  ];
}
