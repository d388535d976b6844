import { relative } from "node:path";

import { isPaused, runState } from "./monitor.ts";
import type { VmIdentity } from "./settings.ts";
import { vmStatus, type VmStatus } from "./status.ts";
import { project, vmFiles } from "./vmDir.ts";

/** Why a VM does not answer, and what to do about it. */
export interface Silence {
  readonly why: string;
  readonly remedy: string;
}

/** What is said of a VM whose QEMU does not run; `up`: the command that brings its stack up. */
export function vmDoesNotRun(status: Pick<VmStatus, "consoleLog">, up: string): Silence {
  return { why: "its VM does not run", remedy: `Run \`${up}\`, which starts it; ${logOf(status)}` };
}

/**
 * What it means that a VM does not answer over SSH: whether it runs, and what QEMU says of it.
 *
 * @param said OpenSSH's words
 * @param up the command that brings its stack up
 */
export async function whyVmIsSilent(vm: VmIdentity, said: string, up: string): Promise<Silence> {
  const status = vmStatus(vm);
  const { pid, state } = status;
  if (pid === null) return vmDoesNotRun(status, up);
  const log = logOf(status);
  const run = await runState(vmFiles(vm).monitor);
  if (run === "io-error") {
    return { why: "its VM is paused by QEMU (io-error): the operator's disk is full", remedy: `Free some space on this computer (\`df -h .state\`) and run \`${up}\`, which lets it go on; ${log}` };
  }
  if (isPaused(run)) return { why: "its VM is paused", remedy: `Run \`${up}\`, which lets it go on; ${log}` };
  if (state === "starting") return { why: `its VM is booting, and does not answer yet: ${said}`, remedy: `Run \`${up}\`, which waits for it; ${log}` };
  return {
    why: `its VM runs, but does not answer: ${said}`,
    remedy: `See what it does: ${log}. If it hangs, end its QEMU (\`kill ${pid}\`) and run \`${up}\`, which boots it again`,
  };
}

const logOf = ({ consoleLog }: Pick<VmStatus, "consoleLog">): string => `its console log is ${relative(project, consoleLog)}`;
