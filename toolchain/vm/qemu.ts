import { statSync } from "node:fs";
import { basename, join } from "node:path";

import { Refusal } from "../../components/refusal.ts";
import { type Accelerator, acceleratorArgs } from "./accelerator.ts";
import { tryRun } from "./commands.ts";
import { architecture } from "./places.ts";
import { refuseTakenPort } from "./ports.ts";
import type { VmSettings } from "./settings.ts";
import type { VmFiles, VmRecord } from "./vmDir.ts";

/** The state disk in the VM is /dev/disk/by-id/virtio-<this>. */
export const stateDiskSerial = "nanoclaw-state";

/** What a running QEMU cannot change: when this text differs from the record's, the VM is restarted. Pure. */
export function hardwareOf(settings: VmSettings, accelerator: Accelerator): string {
  const { memoryMiB, cpus, systemDiskGiB, stateDiskGiB, sshPort, forwards, disposable } = settings;
  return JSON.stringify({ memoryMiB, cpus, systemDiskGiB, stateDiskGiB, sshPort, forwards, disposable, accelerator });
}

/**
 * What the kernel of a directly booted guest is told. An emulated CPU does not speculate, so there is nothing to mitigate,
 * and such a guest lives for a test: without both, work in it takes an eighth less time (measured). Pure.
 */
export function kernelArguments(accelerator: Accelerator): string {
  const emulated = accelerator === "tcg" ? " mitigations=off init_on_alloc=0" : "";
  return `root=LABEL=cloudimg-rootfs ro console=${architecture.console} net.ifnames=1 panic=10${emulated}`;
}

/** QEMU's arguments; every path is relative to the VM's folder, so that the checkout may move. Pure. */
export function qemuArgs(settings: VmSettings, accelerator: Accelerator, files: VmFiles, record: VmRecord, directBoot: boolean): string[] {
  // The system disk can be made again by `pulumi up`, so it need not survive a power cut; the state disk must.
  const cache = settings.disposable ? "unsafe" : "writeback";
  const forwards = [{ hostPort: settings.sshPort, guestPort: 22 }, ...settings.forwards];
  const here = (path: string) => basename(path);
  return [
    "-name", `guest=${settings.name}`, "-uuid", record.instanceId,
    "-machine", architecture.machine, ...acceleratorArgs[accelerator],
    "-smp", String(settings.cpus), "-m", `${settings.memoryMiB}M`,
    "-nodefaults", "-no-user-config", "-display", "none", "-rtc", "base=utc",
    "-drive", `if=none,id=system,format=qcow2,discard=unmap,cache=unsafe,file=${here(files.system)}`,
    "-device", "virtio-blk-pci,drive=system,serial=system",
    "-drive", `if=none,id=state,format=raw,discard=unmap,cache=${cache},file=${here(files.state)}`,
    "-device", `virtio-blk-pci,drive=state,serial=${stateDiskSerial}`,
    "-drive", `if=none,id=seed,format=raw,read-only=on,file=${here(files.seed)}`,
    "-device", "virtio-blk-pci,drive=seed,serial=seed",
    "-netdev", `user,id=net,${forwards.map(({ hostPort, guestPort }) => `hostfwd=tcp:127.0.0.1:${hostPort}-:${guestPort}`).join(",")}`,
    "-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci",
    // Appended, so that a crash and the boot after it are both there.
    "-chardev", `file,id=console,append=on,path=${here(files.console)}`, "-serial", "chardev:console",
    "-qmp", `unix:${here(files.monitor)},server=on,wait=off`,
    ...(directBoot ? ["-kernel", here(files.kernel), "-initrd", here(files.initrd), "-append", kernelArguments(accelerator)] : []),
    "-daemonize", "-pidfile", here(files.pid),
  ];
}

const detached = join(import.meta.dirname, "detached.sh");

/**
 * Starts QEMU in the background. Throws when a port is taken or QEMU refuses.
 *
 * @param change what a driver of another kind of machine makes of the arguments
 */
export async function startQemu(settings: VmSettings, accelerator: Accelerator, files: VmFiles, record: VmRecord, change = (args: string[]): string[] => args): Promise<void> {
  refuseTakenPort(settings.sshPort, "machine.sshPort");
  for (const { hostPort } of settings.forwards) refuseTakenPort(hostPort, "machine.forwards");
  const directBoot = statSync(files.kernel, { throwIfNoEntry: false }) !== undefined;
  const args = change(qemuArgs(settings, accelerator, files, record, directBoot));
  const started = await tryRun(detached, [`qemu-system-${architecture.qemu}`, ...args], { cwd: files.dir, timeoutMs: 60_000 });
  if (started.code === 0) return;
  throw new Refusal({
    field: "machine",
    wanted: "a VM that QEMU can start",
    given: started.stderr.trim() || `exit code ${started.code}`,
    remedy: `see QEMU's message: is the memory there, and is the port free? The console log is ${files.console}`,
  });
}
