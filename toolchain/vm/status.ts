import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";

import type { VmIdentity } from "./settings.ts";
import { readRecord, type VmFiles, type VmRecord, vmFiles } from "./vmDir.ts";

/** What is known about a VM without touching it. */
export interface VmStatus {
  /** `starting`: QEMU runs, but its boot was not seen through (an `up` works on it, or was killed). */
  state: "running" | "starting" | "stopped" | "absent";
  /** The QEMU process, when it runs. */
  pid: number | null;
  /** Memory of the QEMU that runs, in MiB; null when none does. */
  memoryMiB: number | null;
  /** The plan that last started it (`up --boot`). */
  boot: number;
  /** The state disk's file exists. */
  stateDisk: boolean;
  instanceId: string | null;
  image: string | null;
  address: string;
  port: number | null;
  user: string | null;
  hostKey: string | null;
  privateKeyFile: string;
  consoleLog: string;
}

/** Reads a VM's status: files and /proc only, a few milliseconds, no lock. */
export function vmStatus(vm: VmIdentity): VmStatus {
  const files = vmFiles(vm);
  const record = readRecord(files);
  const pid = record === null ? null : qemuPid(files, record);
  const state = record === null ? "absent" : pid === null ? "stopped" : record.ready && existsSync(files.privateKey) ? "running" : "starting";
  return {
    state,
    pid,
    memoryMiB: record === null || pid === null || record.hardware === "" ? null : (JSON.parse(record.hardware) as { memoryMiB: number }).memoryMiB,
    boot: record?.boot ?? 0,
    stateDisk: existsSync(files.state),
    instanceId: record?.instanceId ?? null,
    image: record?.image ?? null,
    address: "127.0.0.1",
    port: record?.sshPort ?? null,
    user: record?.user ?? null,
    hostKey: record?.hostKey ?? null,
    privateKeyFile: files.privateKey,
    consoleLog: files.console,
  };
}

/**
 * The VM's own QEMU process, or null: a process number that now belongs to something else does not count, nor does the
 * process of the VM whose folder this one was copied from.
 */
export function qemuPid(files: VmFiles, record: VmRecord): number | null {
  try {
    const pid = Number(readFileSync(files.pid, "utf8").trim());
    return Number.isInteger(pid) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(record.instanceId) && hasOpen(pid, files.system) ? pid : null;
  } catch {
    return null;
  }
}

function hasOpen(pid: number, path: string): boolean {
  const wanted = realpathSync(path);
  return readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === wanted;
    } catch {
      return false; // closed meanwhile
    }
  });
}
