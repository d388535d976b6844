import { gitRepositoriesOf, modeOf, type EgressChoice } from "./egress.ts";
import type { GuardPolicy } from "./policy.ts";

/** The policy with a stack's choice of egress in it: each role's mode, repositories, and which credential is proxied. Pure. */
export function withEgress(policy: GuardPolicy, choice: EgressChoice): GuardPolicy {
  return {
    ...policy,
    egress: { ...policy.egress, credential: choice.credential ?? policy.egress.credential },
    roles: policy.roles.map((role) => ({ ...role, network: modeOf(choice, role.name, role.network), gitRepositories: gitRepositoriesOf(choice, role.name) })),
  };
}
