import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { lastLines, progress, tryRun } from "./commands.ts";
import { hostKeyOnConsole } from "./hostKey.ts";
import { isPaused, monitor, runState } from "./monitor.ts";
import { knownHostsLine, sshArgs } from "./ssh.ts";
import { qemuPid } from "./status.ts";
import { type VmFiles, type VmRecord, writeRecord, writeWhole } from "./vmDir.ts";

/** Waits until the host key is known, SSH answers and cloud-init has ended; returns the record, written. */
export async function awaitBoot(files: VmFiles, record: VmRecord, timeoutSeconds: number): Promise<VmRecord> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  let waitedFor = "";
  const wait = async (what: string) => {
    if (waitedFor !== what) progress(`waiting for ${what} (console: ${files.console})`);
    waitedFor = what;
    if (qemuPid(files, record) === null) throw bootFailed(files, `QEMU ended while waiting for ${what}`);
    const state = await runState(files.monitor);
    if (state === "io-error") throw bootFailed(files, "QEMU paused the VM: the operator's disk is full. Free some space and run it again");
    if (Date.now() > deadline) throw bootFailed(files, `after ${timeoutSeconds} s still waiting for ${what} (QEMU: ${state})`);
    await sleep(500);
  };

  let current = record;
  while (current.hostKey === null) {
    const hostKey = hostKeyOnConsole(consoleText(files));
    if (hostKey === null) await wait("the host key on the console");
    else writeRecord(files, (current = { ...current, hostKey }));
  }
  writeWhole(files.knownHosts, knownHostsLine(current.sshPort, current.hostKey ?? ""));

  for (;;) {
    // 0: done; 2: done, with something that cloud-init could recover from; 255: ssh itself failed.
    const result = await tryRun("ssh", [...sshArgs(files, current), "cloud-init", "status", "--wait"], { timeoutMs: Math.max(1000, deadline - Date.now()) });
    if (result.code === 0 || result.code === 2) break;
    if (result.code !== 255 && result.code !== null) throw bootFailed(files, `cloud-init failed: ${lastLines(result.stdout + result.stderr, 5)}`);
    if (/HOST IDENTIFICATION|Host key verification failed/.test(result.stderr)) {
      throw bootFailed(files, `the VM shows another host key than ${current.hostKey}. If you did not change it yourself, take the VM down and up again`);
    }
    await wait(`SSH on 127.0.0.1:${current.sshPort}`);
  }
  return current;
}

/** Lets a VM go on that QEMU paused because a disk was full. */
export async function resumePaused(files: VmFiles): Promise<void> {
  const state = await runState(files.monitor);
  if (!isPaused(state)) return;
  progress(`QEMU had paused the VM (${state}): going on`);
  await monitor(files.monitor, "cont");
}

/** Powers the VM off: asks the system (60 s at most under emulation's load), then ends QEMU. */
export async function powerOff(files: VmFiles, record: VmRecord, graceSeconds = 90): Promise<void> {
  const pid = qemuPid(files, record);
  if (pid === null) return;
  progress(`powering off (at most ${graceSeconds} s)`);
  await resumePaused(files).catch(() => {});
  await monitor(files.monitor, "system_powerdown").catch(() => {});
  for (const [seconds, signal] of [[graceSeconds, "SIGTERM"], [5, "SIGKILL"], [5, null]] as const) {
    for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await sleep(200)) {
      if (qemuPid(files, record) === null) return;
    }
    if (signal === null) break;
    progress(`the system did not power off: ${signal} to QEMU (${pid})`);
    process.kill(pid, signal);
  }
  throw new Error(`QEMU (process ${pid}) does not end`);
}

/** An error that carries the end of the console. */
export function bootFailed(files: VmFiles, reason: string): Error {
  return new Error(`machine: wanted a VM that boots; got: ${reason}. Remedy: see the console log ${files.console}, whose last lines are:\n${lastLines(consoleText(files), 20)}`);
}

function consoleText(files: VmFiles): string {
  return existsSync(files.console) ? readFileSync(files.console, "utf8") : "";
}
