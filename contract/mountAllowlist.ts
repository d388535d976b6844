import type { GuardPolicy } from "./policy.ts";
import { mountProblem, type InstallPlaces, type MountProblem } from "./mountRules.ts";

/**
 * NanoClaw's own mount-allowlist.json (its src/mount-security.ts), which says what its groups may ask for under
 * /workspace/extra. The same list becomes the guard's extra mounts, so that the two never disagree. Pure.
 */
export interface MountAllowlist {
  readonly allowedRoots: readonly { readonly path: string; readonly allowReadWrite: boolean; readonly description?: string }[];
  /** Names that no mounted path may contain, besides the built-in ones. */
  readonly blockedPatterns: readonly string[];
  /** True: only main may write. */
  readonly nonMainReadOnly: boolean;
}

type ExtraMount = GuardPolicy["extraMounts"][number];

/** A user's path as it is on the host: `~` is the service user's home, and each slash stands once and none at the end, as in what is compared with it. */
function onHost(path: string, home: string): string {
  return path.replace(/^~(?=\/|$)/, home).replace(/\/+/g, "/").replace(/(?<=.)\/$/, "");
}

/**
 * Checks an allowlist before it is used: NanoClaw ignores a file that it does not understand, and a permissive root is
 * an error at preview instead of a surprise later. `field` names the list in the problems; `home` is what `~` means.
 */
export function mountAllowlistProblems(field: string, allowlist: unknown, home: string, places: InstallPlaces): MountProblem[] {
  const list = (typeof allowlist === "object" && allowlist !== null ? allowlist : {}) as Partial<Record<keyof MountAllowlist, unknown>>;
  const problems: MountProblem[] = [];
  const wrong = (at: string, wanted: string, value: unknown, remedy: string): void => {
    problems.push({ field: `${field}${at}`, wanted, given: JSON.stringify(value)?.slice(0, 80) ?? "nothing", remedy });
  };
  const unknown = Object.keys(list).find((key) => !["allowedRoots", "blockedPatterns", "nonMainReadOnly"].includes(key));
  if (unknown !== undefined) wrong(`.${unknown}`, "only allowedRoots, blockedPatterns and nonMainReadOnly", unknown, "remove it, or correct its name");
  if (!Array.isArray(list.blockedPatterns) || !list.blockedPatterns.every((one) => typeof one === "string" && one.length >= 2 && one.length <= 64)) {
    wrong(".blockedPatterns", "a list of texts of 2 to 64 characters", list.blockedPatterns, "write [] for none besides the built-in ones");
  }
  if (typeof list.nonMainReadOnly !== "boolean") wrong(".nonMainReadOnly", "true or false", list.nonMainReadOnly, "write true, so that only main may write");
  if (!Array.isArray(list.allowedRoots)) {
    wrong(".allowedRoots", "a list of {path, allowReadWrite}", list.allowedRoots, "see NanoClaw's docs/SECURITY.md for the file's format");
    return problems;
  }
  for (const [index, root] of (list.allowedRoots as unknown[]).entries()) {
    const at = `.allowedRoots[${index}]`;
    const { path, allowReadWrite } = (root ?? {}) as Record<string, unknown>;
    if (typeof allowReadWrite !== "boolean") wrong(`${at}.allowReadWrite`, "true or false", allowReadWrite, "write false for reading only");
    if (typeof path !== "string") wrong(`${at}.path`, "an absolute path, or one that starts with ~/", path, "name the one directory that the agents need, such as /srv/projects/website");
    else {
      const problem = mountProblem(`${field}${at}.path`, onHost(path, home), places);
      if (problem !== undefined) problems.push(problem);
    }
  }
  return problems;
}

/**
 * What the guard gives and what NanoClaw may ask for, from the two lists of a stack. NanoClaw's list is the union of
 * both; null when both are empty, so that there is no file and NanoClaw allows nothing.
 */
export function mountPlan(fields: readonly ExtraMount[], given: MountAllowlist | null, roles: readonly string[], home: string): { extraMounts: ExtraMount[]; allowlist: MountAllowlist | null } {
  const additional = fields.map((mount) => ({ ...mount, path: onHost(mount.path, home) }));
  const writers = given?.nonMainReadOnly === false ? [...roles] : ["main"];
  const fromList = (given?.allowedRoots ?? []).flatMap(({ path, allowReadWrite }): ExtraMount[] => [
    { path: onHost(path, home), access: "ro", roles: [...roles] },
    ...(allowReadWrite ? [{ path: onHost(path, home), access: "rw" as const, roles: writers }] : []),
  ]);
  const listed = new Set(given?.allowedRoots.map(({ path }) => onHost(path, home)));
  const allowlist: MountAllowlist = {
    allowedRoots: [
      ...(given?.allowedRoots ?? []).map((root) => ({ ...root, path: onHost(root.path, home) })),
      ...additional.filter(({ path }) => !listed.has(path)).map(({ path, access }) => ({ path, allowReadWrite: access === "rw" })),
    ],
    blockedPatterns: given?.blockedPatterns ?? [],
    // NanoClaw knows main and the others; which of the others may write, the guard decides by role.
    nonMainReadOnly: given?.nonMainReadOnly !== false && !additional.some((mount) => mount.access === "rw" && mount.roles.some((role) => role !== "main")),
  };
  return { extraMounts: [...additional, ...fromList], allowlist: allowlist.allowedRoots.length === 0 ? null : allowlist };
}
