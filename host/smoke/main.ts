import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Proof, ProofReport } from "../../contract/proofs.ts";
import type { SmokeSettings } from "../../contract/settings.ts";
import { becomeService, serviceUser } from "../agentRun/serviceUser.ts";
import type { ProofContext, ProofSet } from "./experiment.ts";
import { runGroupProcess as prepareEgressGroup } from "./egressProofs.ts";
import { experiments } from "./experiments.ts";
import { runGroupProcess } from "./groups.ts";
import { proofTable } from "./table.ts";
import { runTurnProcess } from "./turnProcess.ts";

/**
 * The smoke test: proves on the host itself that it does what it was provisioned for. Run as root:
 *
 *   smoke.cjs quick < SETTINGS                                the smoke step, in every `up`
 *   smoke.cjs full [--without PROOF]… [--json] [--host NAME]  `make prove`: all proofs, with the last `up`'s settings
 *
 * quick: a ProofReport as JSON on stdout, progress and the table on stderr. full: progress on stderr; on stdout the
 * table, or with --json a HostProofReport with that name. Exit code 1 when a proof fails. What `--without` names is not
 * proved, and not looked at when nothing else needs the look.
 */

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function report(settings: SmokeSettings, set: ProofSet, without: readonly string[] = []): Promise<ProofReport> {
  const context: ProofContext = { settings, user: serviceUser(), say, without };
  const proofs: Proof[] = [];
  for (const one of experiments) {
    if (one.sets.includes(set)) proofs.push(...(await one.prove(context)));
  }
  return { ok: proofs.every((proof) => proof.ok), proofs };
}

const read = (file: string | number): SmokeSettings => JSON.parse(readFileSync(file, "utf8")) as SmokeSettings;

async function quick(): Promise<ProofReport> {
  const result = await report(read(0), "quick");
  proofTable(result.proofs).forEach(say);
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return result;
}

async function full(args: string[]): Promise<ProofReport> {
  const options = { without: { type: "string", multiple: true, default: [] as string[] }, json: { type: "boolean", default: false }, host: { type: "string", default: "" } } as const;
  const { values } = parseArgs({ args, options });
  const names = experiments.flatMap(({ claims }) => claims.map(({ name }) => name));
  const unknown = values.without.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`--without one of ${names.join(", ")}, not ${unknown}`);
  const result = await report(read("/etc/nanoclaw/smoke.json"), "full", values.without);
  process.stdout.write(values.json ? `${JSON.stringify({ host: values.host, ...result })}\n` : `${proofTable(result.proofs).join("\n")}\n`);
  return result;
}

const [first = "", ...rest] = process.argv.slice(2);
if (first === "turn") runTurnProcess();
else if (first === "egress-group") {
  becomeService(serviceUser());
  prepareEgressGroup(rest[0] ?? "");
} else if (first === "group") runGroupProcess(rest);
else {
  const run = first === "quick" ? quick() : first === "full" ? full(rest) : Promise.reject(new Error(`quick or full wanted, not ${JSON.stringify(first)}`));
  run.then(
    ({ ok }) => void (process.exitCode = ok ? 0 : 1),
    (error: unknown) => {
      say(`error: smoke: wanted to run; got ${error instanceof Error ? error.message : String(error)}. Remedy: run \`pulumi up\``);
      process.exitCode = 1;
    },
  );
}
