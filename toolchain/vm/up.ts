import { existsSync } from "node:fs";

import { Refusal } from "../../components/refusal.ts";
import { chooseAccelerator } from "./accelerator.ts";
import { awaitBoot, powerOff, resumePaused } from "./boot.ts";
import { progress } from "./commands.ts";
import { prepareImage } from "./image.ts";
import { growStateDisk, growSystemDisk, installSystem, isBootable, refuseSmallerDisks } from "./install.ts";
import { withLock } from "./lock.ts";
import { refuseTakenPort } from "./ports.ts";
import { hardwareOf, startQemu } from "./qemu.ts";
import type { VmSettings } from "./settings.ts";
import { qemuPid } from "./status.ts";
import { bootSource, makeVmDir, readRecord, type VmFiles, vmFiles, type VmRecord, writeRecord } from "./vmDir.ts";

/** What `up` prints on stdout; no secret in it. It changes only when the machine or the way to it does. */
export interface UpOutput {
  address: string;
  port: number;
  user: string;
  hostKey: string;
  instanceId: string;
  image: string;
  /** Where the private key is: below `stateDir` as it was given. */
  privateKeyFile: string;
  consoleLog: string;
}

/**
 * Brings the VM to what the settings say, from wherever it is: absent, half made, stopped, booting or running.
 * `boot` is kept in the record (see components/machine/vm.ts); null leaves it as it is.
 */
export async function up(settings: VmSettings, boot: number | null): Promise<UpOutput> {
  const files = vmFiles(settings);
  return withLock(files.lock, `VM ${settings.name}`, async () => outputOf(files, await converge(settings, files, boot)));
}

async function converge(settings: VmSettings, files: VmFiles, boot: number | null): Promise<VmRecord> {
  const known = readRecord(files);
  let record = known !== null && keeps(settings, files, known) ? known : null;
  if (record === null) {
    refuseTakenPortUnlessOurs(settings, files, known);
    const image = await prepareImage(settings.image);
    if (known !== null) await powerOff(files, known);
    record = await installSystem(settings, files, image, boot ?? 0);
  }
  if (boot !== null && boot !== record.boot) record = { ...record, boot };

  const accelerator = await chooseAccelerator(settings.accelerator, bootSource(files));
  const hardware = hardwareOf(settings, accelerator);
  const running = qemuPid(files, record) !== null;
  if (running && record.hardware === hardware) {
    if (record.ready) {
      await resumePaused(files);
      writeRecord(files, record);
      return record;
    }
    progress("the VM is booting already");
  } else {
    refuseSmallerDisks(files, record, settings);
    refuseTakenPortUnlessOurs(settings, files, record);
    if (running) {
      progress("restarting the VM, because its size or its ports change");
      await powerOff(files, record);
    }
    makeVmDir(files);
    growStateDisk(files, settings.stateDiskGiB);
    await growSystemDisk(files, record, settings.systemDiskGiB);
    const { systemDiskGiB, stateDiskGiB, sshPort } = settings;
    record = { ...record, systemDiskGiB, stateDiskGiB, sshPort, hardware, ready: false };
    writeRecord(files, record);
    progress(`starting QEMU (${accelerator}, ${settings.cpus} CPUs, ${settings.memoryMiB} MiB)`);
    await startQemu(settings, accelerator, files, record);
  }
  record = { ...(await awaitBoot(files, record, settings.bootTimeoutSeconds)), installed: true, ready: true };
  writeRecord(files, record);
  progress(`ready: ssh ${record.user}@127.0.0.1 -p ${record.sshPort}`);
  return record;
}

/** False when the system must be installed anew: another one is asked for, or its first boot was cut off. */
function keeps(settings: VmSettings, files: VmFiles, record: VmRecord): boolean {
  const asked = (settings.image === "auto" || settings.image === record.image) && settings.user === record.user;
  if (!asked) {
    progress(`installing anew: ${settings.image} for ${settings.user} instead of ${record.image} for ${record.user}; the state disk stays`);
    return false;
  }
  if (!record.installed && qemuPid(files, record) === null) {
    // cloud-init's per-instance steps do not run twice: what a cut-off first boot left cannot be trusted to be whole.
    progress("the first boot was cut off: installing anew");
    return false;
  }
  if (record.installed && (!existsSync(files.privateKey) || !isBootable(files))) {
    throw new Refusal({
      field: "machine", wanted: `the VM's key and disks in ${files.dir}`, given: "some of them are gone",
      remedy: "take the VM down and up again (pulumi destroy, pulumi up): the state disk stays",
    });
  }
  return true;
}

function refuseTakenPortUnlessOurs(settings: VmSettings, files: VmFiles, record: VmRecord | null): void {
  const ours = record !== null && qemuPid(files, record) !== null ? record.sshPort : null;
  if (settings.sshPort !== ours) refuseTakenPort(settings.sshPort, "machine.sshPort");
}

function outputOf(files: VmFiles, record: VmRecord): UpOutput {
  if (record.hostKey === null) throw new Error(`${files.record} has no host key`);
  return {
    address: "127.0.0.1",
    port: record.sshPort,
    user: record.user,
    hostKey: record.hostKey,
    instanceId: record.instanceId,
    image: record.image,
    privateKeyFile: files.privateKey,
    consoleLog: files.console,
  };
}
