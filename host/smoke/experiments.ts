import { agentProofs, boxProofs } from "./boxProofs.ts";
import { browserProofs } from "./browserProofs.ts";
import { deniedProofs } from "./deniedProofs.ts";
import { egressProofs } from "./egressProofs.ts";
import type { Experiment } from "./experiment.ts";
import { cpuBurnProofs, fillProofs, forkBombProofs, memoryHogProofs } from "./loadProofs.ts";
import { mainProofs } from "./mainProofs.ts";
import { dockerProofs, podmanProofs } from "./podmanProofs.ts";
import { serviceProofs } from "./serviceProofs.ts";
import { sliceProofs } from "./sliceProofs.ts";

/** Every experiment, in the order in which they run. A new one is a line here; docs/SECURITY.md lists its proofs from it. */
export const experiments: readonly Experiment[] = [
  podmanProofs,
  dockerProofs,
  agentProofs,
  boxProofs,
  deniedProofs,
  egressProofs,
  mainProofs,
  forkBombProofs,
  memoryHogProofs,
  cpuBurnProofs,
  fillProofs,
  sliceProofs,
  browserProofs,
  // Last, so that it tells what the others left behind.
  serviceProofs,
];
