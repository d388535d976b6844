import * as pulumi from "@pulumi/pulumi";
import type { HostFacts } from "../contract/facts.ts";
import type { HostConfig, StackSecrets } from "./config.ts";
import { formatErrors, type ConfigError } from "./configErrors.ts";
import { fullDiskErrors, hostErrors } from "./hostFitness.ts";
import { probeHost } from "./hostProbe.ts";
import type { PlainConnection } from "./machine/index.ts";
import type { LastUp } from "./machine/lastUp.ts";
import { machineAtPlan, operatorFindings, whySilent } from "./machine/machineFor.ts";
import type { HostSize } from "./sizing.ts";
import { Refusal } from "./refusal.ts";

/** A host about to be planned. Its machine is not registered yet: see `machineAtPlan`. */
export interface PlannedHost {
  host: HostConfig;
  size: HostSize;
}

/**
 * Asks every machine that exists already for its facts, all at once, and tells what they mean: drift as warnings that
 * name it, a host that cannot hold its N agents as errors, and so a local VM that this computer cannot hold. A host
 * that does not answer is a warning at preview, and also at `up` when the stack makes its machine itself.
 *
 * @returns facts by host name; a host that could not be asked is not in it
 * @throws pulumi.RunError with all errors of all hosts, before anything is touched
 */
export async function observeHosts(planned: PlannedHost[], secrets: StackSecrets, last: LastUp, root: string): Promise<Map<string, HostFacts>> {
  const facts = new Map<string, HostFacts>();
  const errors: ConfigError[] = [];
  await Promise.all(
    planned.map(async ({ host, size }) => {
      const operator = operatorFindings(host, size);
      errors.push(...operator.errors);
      for (const warning of operator.warnings) await pulumi.log.warn(new Refusal(warning).message);
      const atPlan = await machineAtPlan(host, secrets, last);
      if (!atPlan.reachable) return;
      const sudoPassword = secrets.sudoPassword(host.name);
      const password = sudoPassword && (await plainText(sudoPassword));
      const result = await probeHost(atPlan.connection, { root, sudoPassword: password });
      if ("unreachable" in result) {
        const error = await unreachable(host, atPlan.connection, result.unreachable);
        // A machine of ours may have been stopped or ended outside of Pulumi, which this very `up` then mends.
        if (pulumi.runtime.isDryRun() || atPlan.ours) await pulumi.log.warn(`${error.field}: ${error.given}. Its state is not known, so this plan may be wrong. ${error.remedy}`);
        else errors.push(error);
        return;
      }
      facts.set(host.name, result.facts);
      // A machine of ours is resized by this very `up`, so only its preflight can tell whether it fits; a full disk is worth a word.
      if (!atPlan.ours) errors.push(...hostErrors(result.facts, size, host.path, { sudoPassword: password !== undefined }));
      else for (const error of fullDiskErrors(result.facts, size, host.path)) await pulumi.log.warn(new Refusal(error).message);
      for (const [step, left] of Object.entries(result.facts.steps)) {
        if (!left.complete) await pulumi.log.warn(`${host.path}: step ${step} did not finish when it last ran; it runs again.`);
        for (const difference of left.drift) await pulumi.log.warn(`${host.path}: step ${step} has drifted: ${difference}. \`pulumi up\` repairs it.`);
      }
    }),
  );
  if (errors.length > 0) throw new pulumi.RunError(formatErrors(pulumi.getStack(), errors));
  return facts;
}

async function unreachable(host: HostConfig, { user, host: address, port }: PlainConnection, said: string): Promise<ConfigError> {
  const { why, remedy } = await whySilent(host, said);
  return {
    field: `${host.path}.machine`,
    wanted: "a machine that answers over SSH",
    given: `${user}@${address}:${port}: ${why}`,
    remedy,
  };
}

function plainText(secret: pulumi.Output<string>): Promise<string> {
  return new Promise((resolve) => {
    secret.apply(resolve);
  });
}
