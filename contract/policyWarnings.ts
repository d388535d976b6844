import { strictness, type EgressChoice } from "./egress.ts";
import { withEgress } from "./egressPolicy.ts";
import type { ContainerLimits, GuardPolicy, GuardRole } from "./policy.ts";
import { guardPolicy, profilePolicy, type GuardPolicyArgs } from "./profiles.ts";

/**
 * What a stack makes weaker than its profile. Every member of the policy has its rule in one of these tables, which
 * their types enforce: the policy that the host gets is compared with the profile's, wherever a difference comes from.
 */

/** How a member reads when it is weaker, as in "FIELD is …"; undefined when it is not. Null: `why` says why none. */
type Rule<Value> = ((now: Value, was: Value) => string | undefined) | null;
type Rules<Of> = { readonly [Key in keyof Of]-?: Of[Key] extends boolean | number | string | null | readonly unknown[] ? Rule<Of[Key]> : Rules<Of[Key]> };

const more = (now: number, was: number): string | undefined => (now > was ? `${now}, above ${was}` : undefined);
const longer = (now: readonly string[], was: readonly string[]): string | undefined => {
  const added = now.filter((one) => !was.includes(one));
  return added.length === 0 ? undefined : `longer (${added.join(", ")})`;
};
const shorter = (now: readonly string[], was: readonly string[]): string | undefined => {
  const gone = was.filter((one) => !now.includes(one));
  return gone.length === 0 ? undefined : `shorter (without ${gone.join(", ")})`;
};
const switchedOn = (now: boolean, was: boolean): string | undefined => (now && !was ? "true" : undefined);
const switchedOff = (now: boolean): string | undefined => (now ? undefined : "off");
/** No field of a stack changes it, or a change does not make it weaker. */
const none = null;

const limits: Rules<ContainerLimits> = {
  memoryBytes: (now, was) => share(now, was),
  cpus: (now, was) => share(now, was),
  pids: (now, was) => share(now, was),
};
const share = (now: number, was: number): string | undefined => (now > was ? `${now}, above a container's share of the machine (${was})` : undefined);

/** By member of the policy, but for the roles. */
export const POLICY_RULES: Rules<Omit<GuardPolicy, "roles">> = {
  version: none,
  profile: none,
  install: none,
  podman: none,
  root: none,
  release: none,
  images: longer,
  containers: none,
  slice: none,
  buildSlice: none,
  limits,
  tmpfs: { tmpBytes: more, homeBytes: more, varTmpBytes: more, runBytes: more, shmBytes: more },
  log: { driver: (now, was) => (was === "none" && now !== "none" ? now : undefined), maxBytes: more },
  hardening: { user: switchedOff, readOnly: switchedOff, capDrop: switchedOff, noNewPrivileges: switchedOff, memory: switchedOff, cpus: switchedOff, pids: switchedOff, slice: switchedOff, mounts: switchedOff, secrets: switchedOff },
  projectShadows: shorter,
  agentSource: (now, was) => (now === "rw" && was !== "rw" ? "rw: what an agent writes there runs at its next start" : undefined),
  environment: longer,
  stdinMembers: longer,
  stdinMaxBytes: more,
  blockedPatterns: shorter,
  extraMounts: none, // the profiles leave them to the stack, or refuse them
  copy: { maxBytes: more, maxFiles: more },
  egress: { directory: none, credential: none, caBundle: none },
  build: { network: (now, was) => (was === "none" && now !== "none" ? now : undefined), memoryBytes: more },
  journalSocket: none,
};

/** By member of a role. A role that the profile does not have is compared with its last, which gets the least. */
export const ROLE_RULES: Rules<Omit<GuardRole, "limits">> & { readonly limits: Rules<ContainerLimits> } = {
  name: none,
  folders: (now, was) => {
    const wide = now.filter((pattern) => pattern.endsWith("*") && !was.includes(pattern));
    return wide.length === 0 ? undefined : `wider: every group that no role before it names and that matches ${wide.join(", ")} has it`;
  },
  network: (now, was) => (strictness(now) < strictness(was) ? now : undefined),
  gitRepositories: none, // a door to the repositories that the stack names, by which no token enters
  secrets: longer,
  placeholders: shorter,
  project: switchedOn,
  globalWrite: switchedOn,
  workspace: (now, was) => (was === "copy" && now === "bind" ? "bind" : undefined),
  limits,
  permissions: { bypass: switchedOn, allow: longer, deny: shorter, scrubEnvironment: shorter },
};

/** What a host's policy, with its egress, has weaker than the profile: a sentence each that begins with the field. */
export function guardPolicyWarnings(args: GuardPolicyArgs, egress: EgressChoice = {}): string[] {
  const after = withEgress(guardPolicy(args), egress);
  // Sizes that follow from the limits follow from the stack's: the limits themselves are what is told.
  const before = profilePolicy(args, after.limits);
  const said = compare(POLICY_RULES, after, { ...before, limits: args.limits });
  for (const now of after.roles) {
    const known = before.roles.find(({ name }) => name === now.name);
    const was = known ?? before.roles.at(-1)!;
    // A new role's folders are what it is for: only everybody is too many.
    const folders = known === undefined ? [...was.folders, ...now.folders].filter((pattern) => pattern !== "*" || now === after.roles.at(-1)) : was.folders;
    const differences = compare(ROLE_RULES, { ...now, limits: now.limits ?? args.limits }, { ...was, folders, limits: args.limits });
    said.push(...differences.map(([field, text]): [string, string] => [field === "network" ? networkField(now.name, egress) : `roles.${now.name}.${field}`, text]));
  }
  return [...new Set(said.map(([field, text]) => `${field} is ${text}: weaker than the profile ${args.profile}${field.startsWith("hardening.") ? ' (docs/SECURITY.md, "Container hardening flags")' : ""}`))];
}

/** The field that chose a role's network: `egress…` for one of the host's egress, else one of the policy. */
function networkField(role: string, egress: EgressChoice): string {
  if (egress.roles?.[role]?.mode !== undefined) return `egress.roles.${role}.mode`;
  return egress.mode === undefined ? `roles.${role}.network` : "egress.mode";
}

/** Field and words of each difference that weakens, in the order of the table. */
function compare(rules: object, now: object, was: object, at = ""): [field: string, text: string][] {
  return Object.entries(rules).flatMap(([key, rule]: [string, unknown]): [string, string][] => {
    const [value, old] = [now, was].map((one) => (one as Record<string, unknown>)[key]);
    if (rule === null) return [];
    if (typeof rule !== "function") return compare(rule as object, value as object, old as object, `${at}${key}.`);
    const text = (rule as (now: unknown, was: unknown) => string | undefined)(value, old);
    return text === undefined ? [] : [[`${at}${key}`, text]];
  });
}
