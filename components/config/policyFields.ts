import { z } from "zod";
import { ContainerLimits, GuardPolicy, GuardRole, Hardening } from "../../contract/policy.ts";
import { field, type FieldDoc } from "./field.ts";

/**
 * The guard's policy as a stack may change it: every member by its name, each optional, with the form that
 * contract/policy.ts gives it. What follows from the host (paths, N, the slices) is not the stack's to say.
 */

/** `changes`: where it does more than what the next container has. */
type Words = readonly [means: string, wanted: string, remedy: string, changes?: FieldDoc["changes"]];
type Optional<S extends z.core.$ZodShape> = { [K in keyof S]: z.ZodOptional<S[K]> };

/** Makes members optional, each with its doc. */
function optional<S extends Record<string, z.ZodType>>(shape: S, words: Record<keyof S, Words>): Optional<S> {
  const one = ([key, schema]: [string, z.ZodType]): [string, z.ZodType] => {
    const [means, wanted, remedy, changes = "nextRun"] = words[key]!;
    return [key, field(schema.optional(), { means, wanted, remedy, changes, defaultInWords: "the profile's" })];
  };
  return Object.fromEntries(Object.entries(shape).map(one)) as Optional<S>;
}

const object = "an object with the fields below";
const size = "a whole number of bytes, 1048576 or more";
const leaveOut = "leave it out to keep the profile's";
const names = "a list of names, such as [GH_TOKEN]";

const hardeningWords = Object.fromEntries(
  Object.keys(Hardening.shape).map((key) => [key, [`False switches \`hardening.${key}\` of docs/SECURITY.md's flag table off; preview warns.`, "true or false", leaveOut]]),
) as unknown as Record<keyof typeof Hardening.shape, Words>;

const limitsWords: Record<keyof typeof ContainerLimits.shape, Words> = {
  memoryBytes: ["Memory of one container, in bytes; no swap.", size, leaveOut],
  cpus: ["CPUs of one container.", "a number from 0.01 to 1024", leaveOut],
  pids: ["Processes and threads of one container.", "a whole number from 16 to 1048576", leaveOut],
};
const limits = z.strictObject(optional(ContainerLimits.shape, limitsWords));

const role = GuardRole.shape;
const permissions = z.strictObject(
  optional(role.permissions.shape, {
    bypass: ["False: Claude Code's permission bypass is switched off, and only `allow` is done.", "true or false", leaveOut],
    allow: ["What a role without bypass may do.", "a list of Claude Code's permission rules", leaveOut],
    deny: ["What Claude Code refuses in every mode. Replaces the profile's list.", "a list of Claude Code's permission rules, such as Bash(git push:*)", leaveOut],
    scrubEnvironment: ["Variables that are empty in everything that Claude Code starts.", names, leaveOut],
  }),
);
const roleFields = z.strictObject(
  optional(
    { ...role, permissions, limits: limits.nullable() },
    {
      name: ["The role's name; it stands before the colon.", "the same name", "leave it out"],
      folders: ["Group folders that have the role, each exact or with one * at its end. A new role has its own name.", "a list such as [andy-developer, jarvis-worker-*]", "name the folders of the groups, as NanoClaw registered them"],
      network: ["The network of its containers; `egress.mode` and `egress.roles` come before it.", role.network.options.join(", "), leaveOut, "network"],
      gitRepositories: ["Follows from `egress.git`, which knows the tokens.", "nothing", leaveOut],
      secrets: ["Secrets that reach its containers. All others are dropped.", names, leaveOut],
      placeholders: ["Those of its secrets that are replaced by a placeholder.", names, leaveOut],
      project: ["True: may read NanoClaw's project root.", "true or false", leaveOut],
      globalWrite: ["True: may write groups/global.", "true or false", leaveOut],
      workspace: ["`copy`: agents work on a copy, and what they wrote comes back.", "bind or copy", leaveOut],
      limits: ["Limits of its containers, instead of the policy's.", "memoryBytes, cpus and pids", leaveOut],
      permissions: ["Claude Code's managed settings for its containers.", object, leaveOut],
    },
  ),
).omit({ name: true, gitRepositories: true });
const roles = field(roleFields, {
  means: "Changes to one role.",
  wanted: object,
  remedy: leaveOut,
  changes: "nextRun",
});

const policy = GuardPolicy.shape;
const tmpfsWords: Record<keyof typeof policy.tmpfs.shape, Words> = {
  tmpBytes: ["Size of /tmp.", size, leaveOut],
  homeBytes: ["Size of /home/node, where npm, git and Chromium keep caches.", size, leaveOut],
  varTmpBytes: ["Size of /var/tmp.", size, leaveOut],
  runBytes: ["Size of /run.", size, leaveOut],
  shmBytes: ["Size of /dev/shm.", size, leaveOut],
};
const logWords: Record<keyof typeof policy.log.shape, Words> = {
  driver: ["Where output is kept: nowhere, or in a file until the container ends.", "none or k8s-file", leaveOut],
  maxBytes: ["Size of that file.", size, leaveOut],
};
const copyWords: Record<keyof typeof policy.copy.shape, Words> = {
  maxBytes: ["Bytes, in or back.", size, leaveOut],
  maxFiles: ["Files, in or back.", "a whole number from 1 to 10000000", leaveOut],
};
const buildWords: Record<keyof typeof policy.build.shape, Words> = {
  network: ["Network of a build.", policy.build.shape.network.options.join(" or "), leaveOut],
  memoryBytes: ["Memory of a build; no swap.", size, leaveOut],
};

/** `hosts.<name>.policy`. */
export const PolicySchema = z.strictObject({
  roles: field(z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/), roles).optional(), {
    means: "Changes to roles by name: main, trusted, untrusted. Another name makes a new role, asked before these and as little trusted as untrusted.",
    wanted: "a role's name (letters, digits, _ and -), each with the fields below",
    remedy: "name the folders of your trusted groups under `trusted.folders`",
    changes: "nextRun",
    defaultInWords: "the profile's",
  }),
  ...optional(
    {
      hardening: z.strictObject(optional(Hardening.shape, hardeningWords)),
      limits,
      tmpfs: z.strictObject(optional(policy.tmpfs.shape, tmpfsWords)),
      log: z.strictObject(optional(policy.log.shape, logWords)),
      copy: z.strictObject(optional(policy.copy.shape, copyWords)),
      build: z.strictObject(optional(policy.build.shape, buildWords)),
      images: policy.images,
      projectShadows: policy.projectShadows,
      agentSource: policy.agentSource,
      environment: policy.environment,
      stdinMembers: policy.stdinMembers,
      stdinMaxBytes: policy.stdinMaxBytes,
      blockedPatterns: policy.blockedPatterns,
    },
    {
      hardening: ["Flags of the hardening set that are off.", object, "leave it out: all are on"],
      limits: ["Limits of one container.", object, leaveOut],
      tmpfs: ["Sizes of a container's memory file systems, in bytes; they count as its memory.", "any of tmpBytes, homeBytes, varTmpBytes, runBytes, shmBytes, each 1048576 or more", leaveOut],
      log: ["What podman keeps of a container's output, besides what NanoClaw gets.", "driver (none or k8s-file), maxBytes", leaveOut],
      copy: ["The most that `workspace: copy` copies, either way.", "maxBytes, maxFiles", leaveOut],
      build: ["Image builds through the guard.", "network (open or none), memoryBytes", leaveOut],
      images: ["Images that may run.", "a list of NAME:TAG, each half with one * at its end or not", "name your own image besides nanoclaw-agent:latest"],
      projectShadows: ["Paths of the project root that main does not see. `.env` is always among them.", "a list of relative paths", leaveOut],
      agentSource: ["/app/src: the code that an agent's next start compiles.", "ro, copy or rw", leaveOut],
      environment: ["Variables that NanoClaw may set with -e, besides secrets. Replaces the profile's list.", "a list of names, each with one * at its end or not", leaveOut],
      stdinMembers: ["Members that NanoClaw's JSON may have. Replaces the profile's list.", "a list of names", leaveOut],
      stdinMaxBytes: ["The most that is read from stdin.", size, leaveOut],
      blockedPatterns: ["Names that no mounted path may contain, besides the built-in ones.", "a list of texts of 2 to 64 characters", leaveOut],
    },
  ),
});

/** `hosts.<name>.additionalMounts`. */
export const AdditionalMountsSchema = z
  .array(
    z.strictObject({
      path: policy.extraMounts.element.shape.path,
      access: policy.extraMounts.element.shape.access.default("ro"),
      roles: policy.extraMounts.element.shape.roles.default(["main"]),
    }),
  )
  .max(32);

/** `hosts.<name>.mountAllowlist`: checked by contract/mountAllowlist.ts once it is read. */
export const MountAllowlistSchema = z.union([z.string().min(1), z.record(z.string(), z.unknown())]);
