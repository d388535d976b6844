import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sshRemedy } from "../../components/sshRemedy.ts";
import type { VmIdentity } from "../../toolchain/vm/settings.ts";
import { vmDoesNotRun, whyVmIsSilent } from "../../toolchain/vm/silence.ts";
import { vmStatus, type VmStatus } from "../../toolchain/vm/status.ts";
import { root, type Stack, type StackHost } from "./stack.ts";

/** Why a host cannot be asked, and what to do about it. */
export interface Down {
  why: string;
  remedy: string;
  /** The last lines of its console; none when we do not have it. */
  console: string[];
}

const identity = (stack: Stack, host: StackHost): VmIdentity => ({ name: host.name, stateDir: join(root, ".state", stack.name) });

const consoleLines = 8;

/** The local VM of that name, if it is one; reads files only. */
export function localVm(stack: Stack, host: StackHost): VmStatus | undefined {
  const status = vmStatus(identity(stack, host));
  return status.state === "absent" ? undefined : status;
}

/** A host that is known to be down without asking it: a local VM whose QEMU does not run. */
export function knownDown(stack: Stack, host: StackHost): Down | undefined {
  const vm = localVm(stack, host);
  if (vm === undefined || vm.pid !== null) return undefined;
  return { ...vmDoesNotRun(vm, stack.up), console: lastLines(vm.consoleLog) };
}

/** What a failed attempt to reach a host means. `said`: OpenSSH's words. */
export async function explainDown(stack: Stack, host: StackHost, said: string): Promise<Down> {
  const vm = localVm(stack, host);
  if (vm !== undefined) return { ...(await whyVmIsSilent(identity(stack, host), said, stack.up)), console: lastLines(vm.consoleLog) };
  return { why: `it does not answer: ${said}`, remedy: sshRemedy(said), console: [] };
}

function lastLines(file: string): string[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split(/\r?\n/).map((line) => line.replace(/\u001b\[[0-9;?]*[A-Za-z]|\p{Cc}/gu, "").trimEnd());
  return lines.filter((line) => line !== "").slice(-consoleLines);
}
