/**
 * Patterns of the guard's policy, without imports: the operator's Zod schema (contract/policy.ts) and the guard's own
 * validator (host/guard/policyFile.ts), which must start fast and so carries no library, both use them.
 */
export const POLICY_PATTERNS = {
  /** A path that can be handed to podman in `source:target:options` without meaning something else. */
  absolutePath: /^\/[^:,"\\\x00-\x1f]*$/,
  name: /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
  environmentName: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  /** A group's folder, exact or a prefix with `*`, or `*` for all. */
  folder: /^([A-Za-z0-9][A-Za-z0-9_-]{0,63}\*?|\*)$/,
  install: /^[0-9a-f]{8}$/,
  image: /^[a-z0-9][a-z0-9._/-]*\*?:[A-Za-z0-9_.-]*\*?$/,
  slice: /^[a-z][a-z0-9-]*\.slice$/,
  relativePath: /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/,
  environmentPattern: /^[A-Za-z_][A-Za-z0-9_]*\*?$/,
  member: /^[A-Za-z][A-Za-z0-9_]*$/,
  /** Host and path of a git repository, without `.git`. */
  gitRepository: /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(\/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}){1,4}$/,
} as const;

/** Where the guard looks for its policy. Nothing can point it elsewhere. */
export const POLICY_PATH = "/etc/nanoclaw/guard.json";
