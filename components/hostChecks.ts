import { RunError } from "@pulumi/pulumi";
import type { HostFacts } from "../contract/facts.ts";
import { formatHostErrors } from "./configErrors.ts";
import { hostErrors, type FitnessOptions } from "./hostFitness.ts";
import type { HostSize } from "./sizing.ts";

/**
 * Ends the program when a machine cannot be a host for `size`: one `RunError` with everything that is wrong.
 * Gives the facts back, so that what follows can wait for the check.
 */
export function refuseUnfitHost(facts: HostFacts, size: HostSize, path: string, options: FitnessOptions = {}): HostFacts {
  const errors = hostErrors(facts, size, path, options);
  if (errors.length > 0) throw new RunError(formatHostErrors(path, errors));
  return facts;
}
