import { z } from "zod";
import { EGRESS_MODES } from "./egress.ts";
import { POLICY_PATTERNS as P } from "./policyPatterns.ts";

/**
 * The guard's policy: /etc/nanoclaw/guard.json on the host, owned by root.
 * The operator makes it with `guardPolicy` (contract/profiles.ts) and checks it with this schema; the guard checks it
 * again at every call with a validator that needs no library (host/guard/policyFile.ts; a test holds the two together).
 */

export { POLICY_PATH } from "./policyPatterns.ts";

const absolutePath = z.string().regex(P.absolutePath, "an absolute path without : , \" \\ or control characters");
const name = z.string().regex(P.name, "letters, digits, _ and -");
const environmentName = z.string().regex(P.environmentName, "a variable name");
const bytes = z.int().min(1 << 20).max(2 ** 50);

/** What one container may use at most. */
export const ContainerLimits = z.strictObject({
  /** `--memory` and `--memory-swap` (so: no swap), bytes, 1 MiB or more. */
  memoryBytes: bytes,
  /** `--cpus`, CPUs, 0.01 or more. */
  cpus: z.number().min(0.01).max(1024),
  /** `--pids-limit`, processes and threads, 16..1048576. */
  pids: z.int().min(16).max(1 << 20),
});
export type ContainerLimits = z.infer<typeof ContainerLimits>;

/** What the groups of one role get. The first role whose `folders` match the group's folder is the group's role. */
export const GuardRole = z.strictObject({
  name,
  /** Group folders, exact (`main`) or with one `*` at the end (`jarvis-worker-*`). The last role must be for `*`. */
  folders: z.array(z.string().regex(P.folder)).min(1).max(64),
  /** What it reaches (contract/egress.ts): all but `open` have loopback only, and at most the doors of the mode. */
  network: z.enum(EGRESS_MODES),
  /** Git repositories, such as `github.com/owner/name`, that it reaches with a token that it does not see. */
  gitRepositories: z.array(z.string().regex(P.gitRepository)).max(64),
  /** Names of secrets that reach the container, by stdin JSON or `-e`. All others are dropped and counted. */
  secrets: z.array(environmentName).max(64),
  /** Those of `secrets` that are replaced by the word "placeholder"; with a network other than `open` all are. */
  placeholders: z.array(environmentName).max(64),
  /** True: may mount NanoClaw's project root, read-only. */
  project: z.boolean(),
  /** True: groups/global may be mounted for writing. */
  globalWrite: z.boolean(),
  /** `bind`: the group's folder itself; `copy`: the agent works on a copy and what it wrote comes back afterwards. */
  workspace: z.enum(["bind", "copy"]),
  /** Limits instead of the policy's, or null. */
  limits: ContainerLimits.nullable(),
  /** Claude Code's managed settings, which hold in every permission mode. */
  permissions: z.strictObject({
    /** False: Claude Code's permission bypass is switched off and only `allow` is done without a question. */
    bypass: z.boolean(),
    allow: z.array(z.string().min(1).max(200)).max(200),
    deny: z.array(z.string().min(1).max(200)).max(200),
    /** Variables that are empty in everything Claude Code starts (Bash, hooks). */
    scrubEnvironment: z.array(environmentName).max(64),
  }),
});
export type GuardRole = z.infer<typeof GuardRole>;

/** Flags of the hardening set that can be switched off by name; all on unless a stack says otherwise. */
export const Hardening = z.strictObject({
  /** `--userns=keep-id:uid=1000,gid=1000` and `--user 1000:1000` */
  user: z.boolean(),
  /** `--read-only` with sized tmpfs where programs must write */
  readOnly: z.boolean(),
  /** `--cap-drop=ALL` */
  capDrop: z.boolean(),
  /** `--security-opt=no-new-privileges` */
  noNewPrivileges: z.boolean(),
  /** `--memory`, `--memory-swap` */
  memory: z.boolean(),
  /** `--cpus` */
  cpus: z.boolean(),
  /** `--pids-limit` */
  pids: z.boolean(),
  /** `--cgroup-parent` and the count of containers */
  slice: z.boolean(),
  /** the mount rules; false lets every bind mount through that is well-formed */
  mounts: z.boolean(),
  /** the secrets' filter and the roles' environment */
  secrets: z.boolean(),
});
export type Hardening = z.infer<typeof Hardening>;

/** See the file's head. */
export const GuardPolicy = z.strictObject({
  version: z.literal(1),
  /** The profile it was made from; for people, nothing depends on it. */
  profile: name,
  /** Tells this install's containers from those of another on the same host; 8 hex digits. */
  install: z.string().regex(P.install),
  /** podman's binary. */
  podman: absolutePath,
  /** NanoClaw's project root (its working directory), where its state lives. */
  root: absolutePath,
  /** The release that the root's symlinks point into, or null when code and state are in one tree. */
  release: absolutePath.nullable(),
  /** Images that may run, or be built: exact, or with one `*` before the tag's colon or at the end. */
  images: z.array(z.string().regex(P.image)).min(1).max(32),
  /** N: containers at once, 1..256. */
  containers: z.int().min(1).max(256),
  /** The user slice of all agent containers, and the one of image builds. */
  slice: z.string().regex(P.slice),
  buildSlice: z.string().regex(P.slice),
  limits: ContainerLimits,
  /** Sizes of the writable memory file systems; they count against `memoryBytes`. */
  tmpfs: z.strictObject({ tmpBytes: bytes, homeBytes: bytes, varTmpBytes: bytes, runBytes: bytes, shmBytes: bytes }),
  /** Where podman keeps a container's output besides handing it to NanoClaw; `none` = nowhere. */
  log: z.strictObject({ driver: z.enum(["none", "k8s-file"]), maxBytes: bytes }),
  hardening: Hardening,
  /** Below the project mount: paths, relative to the root, that main does not see. `.env` is always among them. */
  projectShadows: z.array(z.string().regex(P.relativePath)).max(32),
  /** /app/src, the code that the agent's next start compiles: `ro`, `copy` (its own, thrown away) or `rw` (1.x's way). */
  agentSource: z.enum(["ro", "copy", "rw"]),
  /** Variables that `-e` may set, besides secrets; a name, or a prefix with `*`. */
  environment: z.array(z.string().regex(P.environmentPattern)).max(128),
  /** Members that the JSON on stdin may have. */
  stdinMembers: z.array(z.string().regex(P.member)).max(64),
  /** The most that is read from stdin, bytes. */
  stdinMaxBytes: bytes,
  /** More patterns that no mounted path may contain, besides the built-in ones (contract/mountRules.ts). */
  blockedPatterns: z.array(z.string().min(2).max(64)).max(64),
  /** What may be mounted below /workspace/extra. */
  extraMounts: z
    .array(z.strictObject({ path: absolutePath, access: z.enum(["ro", "rw"]), roles: z.array(name).min(1).max(16) }))
    .max(64),
  /** Copies for `workspace: "copy"`: the most that is copied in or comes back. */
  copy: z.strictObject({ maxBytes: bytes, maxFiles: z.int().min(1).max(10_000_000) }),
  roles: z.array(GuardRole).min(1).max(32),
  /** The way out of roles that have no network. */
  egress: z.strictObject({
    /** Holds a directory of sockets for each role. */
    directory: absolutePath,
    /** What the agent's program is given as its credential, with the value "placeholder". */
    credential: z.enum(["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"]),
    /** The host's trusted certificates, which containers get at the same place. */
    caBundle: absolutePath,
  }),
  /** Image builds through the guard. */
  build: z.strictObject({ network: z.enum(["open", "none"]), memoryBytes: bytes }),
  /** journald's stream socket; runs are refused when it is away, because no decision goes unrecorded. */
  journalSocket: absolutePath,
});
export type GuardPolicy = z.infer<typeof GuardPolicy>;
