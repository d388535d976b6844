import { gitRepositoriesOf, modeOf, type EgressChoice } from "./egress.ts";
import type { GuardPolicy } from "./policy.ts";

/**
 * The policy with a stack's choice of egress in it: each role's mode, repositories, and which credential is proxied. Pure.
 * Builds through the guard have no network as soon as one role has none, whatever the policy says: what such an agent
 * may not reach, a build that it can bring about may not either.
 */
export function withEgress(policy: GuardPolicy, choice: EgressChoice): GuardPolicy {
  const roles = policy.roles.map((role) => ({ ...role, network: modeOf(choice, role.name, role.network), gitRepositories: gitRepositoriesOf(choice, role.name) }));
  return {
    ...policy,
    egress: { ...policy.egress, credential: choice.credential ?? policy.egress.credential },
    build: roles.every(({ network }) => network === "open") ? policy.build : { ...policy.build, network: "none" },
    roles,
  };
}
