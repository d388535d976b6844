import type { Check, DoctorReport } from "../../contract/doctor.ts";
import { Refusal } from "../../components/refusal.ts";
import { readStack, upCommand } from "../onHost/stack.ts";
import { awsChecks } from "./aws.ts";
import { check, doctorText } from "./check.ts";
import { hostChecks } from "./hosts.ts";
import { backendChecks, configuration, keyChecks } from "./stackState.ts";
import { toolchainChecks } from "./toolchain.ts";

/**
 * `make doctor`: whether this computer can work with a stack, and reach its hosts. Changes nothing.
 * @returns the exit code: 0 when nothing is wrong, else 1
 */
export async function doctor(stack: string, host: string | undefined, args: string[]): Promise<number> {
  const { hosts, checks: configured } = await configuration(stack);
  const parts = await Promise.all([
    toolchainChecks({ vm: hosts.some(({ kind }) => kind === "vm") || stack === "dev" }),
    backendChecks(),
    configured,
    keyChecks(stack, hosts),
    awsChecks(hosts),
    reachChecks(stack, host),
  ]);
  const checks = parts.flat();
  const report: DoctorReport = { stack, ok: checks.every(({ level }) => level !== "wrong"), checks };
  console.log(args.includes("--json") ? JSON.stringify(report, null, 2) : doctorText(checks).join("\n"));
  return report.ok ? 0 : 1;
}

async function reachChecks(name: string, host: string | undefined): Promise<Check[]> {
  try {
    return await hostChecks(await readStack(name, host));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [check("hosts", error.parts.wanted, { ok: false, note: /not have output|no stack/.test(error.parts.given), got: error.parts.given }, `run \`${upCommand(name)}\` first`)];
  }
}
