import { agentProofs } from "./agentProofs.ts";
import { egressProofs } from "./egressProofs.ts";
import type { Experiment } from "./experiment.ts";
import { dockerProofs, podmanProofs } from "./podmanProofs.ts";
import { serviceProofs } from "./serviceProofs.ts";

/** Every experiment, in the order in which they run. A new one is a line here; docs/SECURITY.md lists its proofs from it. */
export const experiments: readonly Experiment[] = [podmanProofs, dockerProofs, agentProofs, egressProofs, serviceProofs];
