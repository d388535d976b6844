import { readFileSync } from "node:fs";
import type { Proof, ProofReport } from "../../contract/proofs.ts";
import type { SmokeSettings } from "../../contract/settings.ts";
import { becomeService, serviceUser } from "../agentRun/serviceUser.ts";
import type { ProofContext, ProofSet } from "./experiment.ts";
import { runGroupProcess } from "./egressProofs.ts";
import { experiments } from "./experiments.ts";
import { proofTable } from "./table.ts";
import { runTurnProcess } from "./turnProcess.ts";

/**
 * The smoke test: proves on the host itself that it does what it was provisioned for. Run as root with the smoke step's
 * settings on stdin: `smoke.cjs [quick|full]`, quick when nothing is said. stdout: one ProofReport as JSON. stderr:
 * progress, then the table. Exit code 1 when a proof fails.
 */

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function smoke(context: ProofContext, set: ProofSet): Promise<ProofReport> {
  const proofs: Proof[] = [];
  for (const one of experiments) {
    if (one.set === "quick" || set === "full") proofs.push(...(await one.prove(context)));
  }
  return { ok: proofs.every((proof) => proof.ok), proofs };
}

async function main(set: string): Promise<void> {
  if (set !== "quick" && set !== "full") throw new Error(`quick or full as its argument, not ${JSON.stringify(set)}`);
  const settings = JSON.parse(readFileSync(0, "utf8")) as SmokeSettings;
  const report = await smoke({ settings, user: serviceUser(), say }, set);
  proofTable(report.proofs).forEach(say);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = report.ok ? 0 : 1;
}

const [first = "quick", group = ""] = process.argv.slice(2);
if (first === "turn") {
  runTurnProcess();
} else if (first === "egress-group") {
  becomeService(serviceUser());
  runGroupProcess(group);
} else {
  main(first).catch((error: unknown) => {
    say(`error: smoke: wanted to run; got ${error instanceof Error ? error.message : String(error)}. Remedy: run \`pulumi up\``);
    process.exitCode = 1;
  });
}
