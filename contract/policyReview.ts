import { strictness } from "./egress.ts";
import { GuardPolicy, type GuardRole } from "./policy.ts";
import { mountProblem, RUNTIME_PLACES, type MountProblem } from "./mountRules.ts";
import { maySecretBeCalled } from "./secretNames.ts";
import { guardPolicy, profilePolicy, PROFILES, type GuardPolicyArgs } from "./profiles.ts";

/** What preview says about a host's policy before it is sent: what cannot be, and what is weaker than the profile. Pure. */

/** Why these settings cannot be a policy, in the four parts of an error each; empty when they can. */
export function guardPolicyProblems(args: GuardPolicyArgs): MountProblem[] {
  const policy = guardPolicy(args);
  const problems = [...mountProblems(args, policy), ...roleProblems(policy)];
  const memory = Object.values(policy.tmpfs).reduce((sum, size) => sum + size);
  if (memory > policy.limits.memoryBytes) {
    problems.push({ field: "tmpfs", wanted: `together at most limits.memoryBytes (${policy.limits.memoryBytes})`, given: `${memory} bytes`, remedy: "make them smaller: what lies in them counts as the container's memory" });
  }
  if (problems.length > 0) return problems;
  return (GuardPolicy.safeParse(policy).error?.issues ?? []).map((issue) => ({
    field: issue.path.map(String).join("."),
    wanted: issue.message,
    given: "a policy that the guard would refuse",
    remedy: "see contract/policy.ts for each member's form",
  }));
}

function mountProblems(args: GuardPolicyArgs, policy: GuardPolicy): MountProblem[] {
  const places = { root: args.root, runtime: RUNTIME_PLACES };
  const known = policy.roles.map(({ name }) => name);
  const problems = policy.extraMounts.flatMap((mount, index) => {
    const problem = mountProblem(`extraMounts[${index}].path`, mount.path, places, policy.blockedPatterns);
    const unknown = mount.roles.filter((name) => !known.includes(name));
    const stranger: MountProblem = { field: `extraMounts[${index}].roles`, wanted: `roles of the policy (${known.join(", ")})`, given: unknown.join(", "), remedy: "correct the name, or add the role under policy.roles" };
    return [...(problem === undefined ? [] : [problem]), ...(unknown.length === 0 ? [] : [stranger])];
  });
  if (!PROFILES[args.profile].extraMounts && policy.extraMounts.length > 0) {
    problems.push({ field: "extraMounts", wanted: `none with the profile ${args.profile}`, given: [...new Set(policy.extraMounts.map(({ path }) => path))].join(", "), remedy: "choose another profile, or put the files into the group's folder" });
  }
  return problems;
}

function roleProblems(policy: GuardPolicy): MountProblem[] {
  const last = policy.roles.at(-1)!;
  const names = policy.roles.flatMap(({ name, secrets }): MountProblem[] => {
    const obeyed = secrets.filter((secret) => !maySecretBeCalled(secret));
    return obeyed.length === 0 ? [] : [{ field: `roles.${name}.secrets`, wanted: "names that no program of the host obeys", given: obeyed.join(", "), remedy: "call the secret otherwise, such as X_TOKEN" }];
  });
  if (last.folders.includes("*")) return names;
  return [...names, { field: "roles", wanted: "a last role for *", given: last.folders.join(", "), remedy: 'keep "*" among the folders of untrusted' }];
}

/** What the overrides make weaker than the profile, a sentence each that begins with the flag or field. */
export function guardPolicyWarnings(args: GuardPolicyArgs): string[] {
  const before = profilePolicy(args, args.limits);
  const after = guardPolicy(args);
  const warnings: string[] = [];
  for (const key of Object.keys(before.hardening) as (keyof GuardPolicy["hardening"])[]) {
    if (!after.hardening[key]) warnings.push(`hardening.${key} is off: weaker than the profile ${args.profile} (docs/SECURITY.md, "Container hardening flags")`);
  }
  const say = (field: string, weaker: boolean, now: string): void => {
    if (weaker) warnings.push(`${field} is ${now}: weaker than the profile ${args.profile}`);
  };
  for (const key of Object.keys(before.limits) as (keyof GuardPolicy["limits"])[]) {
    say(`limits.${key}`, after.limits[key] > before.limits[key], `${after.limits[key]}, above a container's share of the machine (${before.limits[key]})`);
  }
  say("agentSource", after.agentSource === "rw" && before.agentSource !== "rw", "rw: what an agent writes there runs at its next start");
  say("projectShadows", before.projectShadows.some((path) => !after.projectShadows.includes(path)), "shorter");
  say("environment", !same(before.environment, after.environment), `longer (${more(before.environment, after.environment)})`);
  say("images", !same(before.images, after.images), `longer (${more(before.images, after.images)})`);
  say("log.driver", before.log.driver === "none" && after.log.driver !== "none", after.log.driver);
  for (const role of after.roles) roleWarnings(role, before.roles.find(({ name }) => name === role.name) ?? before.roles.at(-1)!, role === after.roles.at(-1), say);
  return warnings;
}

function roleWarnings(now: GuardRole, was: GuardRole, last: boolean, say: (field: string, weaker: boolean, now: string) => void): void {
  const at = (field: string): string => `roles.${now.name}.${field}`;
  say(at("folders"), !last && now.folders.includes("*"), "* : every group that no role before it names has it");
  say(at("secrets"), !same(was.secrets, now.secrets), `longer (${more(was.secrets, now.secrets)})`);
  say(at("placeholders"), was.placeholders.some((name) => !now.placeholders.includes(name)), "shorter: the container gets the secret itself");
  say(at("network"), strictness(now.network) < strictness(was.network), now.network);
  say(at("workspace"), was.workspace === "copy" && now.workspace === "bind", "bind");
  say(at("project"), now.project && !was.project, "true");
  say(at("globalWrite"), now.globalWrite && !was.globalWrite, "true");
  say(at("permissions.bypass"), now.permissions.bypass && !was.permissions.bypass, "true");
  say(at("permissions.deny"), was.permissions.deny.some((rule) => !now.permissions.deny.includes(rule)), "shorter");
  say(at("permissions.scrubEnvironment"), was.permissions.scrubEnvironment.some((name) => !now.permissions.scrubEnvironment.includes(name)), "shorter");
}

/** True when `now` has nothing that `was` has not. */
function same(was: readonly string[], now: readonly string[]): boolean {
  return now.every((one) => was.includes(one));
}

function more(was: readonly string[], now: readonly string[]): string {
  return now.filter((one) => !was.includes(one)).join(", ");
}
