/** What scripts/mutate-guard.ts takes out of the guard besides its refusals: what it adds, hides and makes smaller. */
export interface Mutant {
  /** Below host/guard. */
  readonly file: string;
  /** A text that stands exactly once in the file, and what stands there instead. */
  readonly from: string;
  readonly to: string;
}

const mutant = (file: string, from: string, to: string): Mutant => ({ file, from, to });

/** Each a protection that fails without a word when it is gone. */
export const MUTANTS: readonly Mutant[] = [
  // secrets
  mutant("stdin.ts", "if (policy.hardening.secrets && !role.secrets.includes(name)) continue;", ""),
  mutant("stdin.ts", "secretReplacement(role, name) ?? value", "value"),
  mutant("variables.ts", "else if (secret) dropped++;", "else if (secret) give(name, value);"),
  mutant("variables.ts", "dropped++;\n      else give(name, value);", "give(name, value);"),
  mutant("variables.ts", "else if (mayTravel(name)) {", "else {"),
  mutant("egress.ts", 'role.network !== "open" || ', ""),
  mutant("egress.ts", " || role.placeholders.includes(name)", ""),
  // writing
  mutant("mounts.ts", "write: write && request.write,", "write: request.write,"),
  mutant("mounts.ts", 'request.write && roots.some(({ access }) => access === "rw")', "request.write"),
  mutant("mounts.ts", "downgraded.push(request.target);", ";"),
  mutant("mounts.ts", "{ throwAway: true }", "{}"),
  mutant("run.ts", '(mount.snapshot === undefined ? mount : { ...mount, source: snapshotOf(mount.snapshot) })', "mount"),
  mutant("run.ts", 'mount.write ? "" : ":ro"', '""'),
  // what main does not see
  mutant("run.ts", "...shadows.mounts, ", ""),
  mutant("run.ts", "...shadows.prepare]", "]"),
  mutant("run.ts", '[{ source: "/dev/null", target: "/workspace/project/.env", write: false }]', "[]"),
  mutant("run.ts", '[{ path: `${policy.root}/.env`, content: "" }]', "[]"),
  mutant("run.ts", 'mounts.push({ source: kind === "directory"', 'void ({ source: kind === "directory"'),
  mutant("run.ts", ", { source: settings, target: MANAGED_SETTINGS_PATH, write: false }", ""),
  mutant("managedSettings.ts", "deny: permissions.deny,", ""),
  mutant("managedSettings.ts", 'disableBypassPermissionsMode: "disable", ', ""),
  mutant("managedSettings.ts", "{ allowManagedPermissionRulesOnly: true }", "{}"),
  // only its own containers
  mutant("queries.ts", '["ps", ...installFilter(policy), ...shown]', '["ps", ...shown]'),
  mutant("queries.ts", '["ps", ...installFilter(policy), ...on(call, "all"), "--format=json"]', '["ps", ...on(call, "all"), "--format=json"]'),
  mutant("names.ts", "name.endsWith(`-${policy.install}`) ? name : `${name}-${policy.install}`", "name"),
  mutant("queries.ts", '["stop", "kill", "rm", "logs"].includes(call.command) ? ownContainer(policy, name) : name', "name"),
  mutant("count.ts", "occupied(directory, world) <= policy.containers", "true"),
  // builds
  mutant("queries.ts", "    `--cgroup-parent=${policy.buildSlice}`,\n", ""),
  mutant("queries.ts", "    `--memory=${policy.build.memoryBytes}`,\n", ""),
  // copies
  mutant("copyWorkspace.ts", 'if (below === "" && HOSTS_OWN.has(name)) continue;', ""),
  mutant("copyWorkspace.ts", "if (stat.nlink > 1n) {", "if (false) {"),
  mutant("copyWorkspace.ts", "if (!kept) discard", "discard"),
  mutant("copyPlaces.ts", "index < KEPT || world.mounted(name)", "index < KEPT"),
];

/** A mutant for each row of the hardening set: that row is gone. */
export function hardeningMutants(rows: number): Mutant[] {
  const on = "row.switch === null || policy.hardening[row.switch]";
  return Array.from({ length: rows }, (_, index) => mutant("hardening.ts", `(row) => ${on}`, `(row, index) => index !== ${index} && (${on})`));
}
