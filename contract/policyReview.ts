import { BUILD_ROLE } from "./egress.ts";
import { GuardPolicy } from "./policy.ts";
import { mountProblem, RUNTIME_PLACES, type MountProblem } from "./mountRules.ts";
import { maySecretBeCalled } from "./secretNames.ts";
import { guardPolicy, PROFILES, type GuardPolicyArgs } from "./profiles.ts";

/** What preview says about a host's policy before it is sent: what cannot be. Pure. What is weaker than the profile: policyWarnings.ts. */

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
  const taken = policy.roles.filter(({ name }) => name === BUILD_ROLE).map(({ name }): MountProblem => ({ field: `roles.${name}`, wanted: "another name than that of image builds, which have a list of their own", given: name, remedy: "rename the role, such as builder" }));
  const last = policy.roles.at(-1)!;
  const names = policy.roles.flatMap(({ name, secrets }): MountProblem[] => {
    const obeyed = secrets.filter((secret) => !maySecretBeCalled(secret));
    return obeyed.length === 0 ? [] : [{ field: `roles.${name}.secrets`, wanted: "names that no program of the host obeys", given: obeyed.join(", "), remedy: "call the secret otherwise, such as X_TOKEN" }];
  });
  if (last.folders.includes("*")) return [...taken, ...names];
  return [...taken, ...names, { field: "roles", wanted: "a last role for *", given: last.folders.join(", "), remedy: 'keep "*" among the folders of untrusted' }];
}
