import type { GuardPolicy, GuardRole } from "../../contract/policy.ts";

/** A group's folder, as NanoClaw names them. `global` is not a group's. */
export const GROUP_FOLDER = /^(?!global$)[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/**
 * The role of a group, by its folder: the first whose `folders` match. Without a folder (a test run of the image), and
 * when nothing matches, the last role, which gets the least.
 */
export function roleOf(policy: GuardPolicy, folder: string | undefined): GuardRole {
  const least = policy.roles.at(-1)!;
  if (folder === undefined) return least;
  return policy.roles.find(({ folders }) => folders.some((pattern) => matches(pattern, folder))) ?? least;
}

/** True when `text` is `pattern`, or begins with it up to its final `*`. */
export function matches(pattern: string, text: string): boolean {
  return pattern.endsWith("*") ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}
