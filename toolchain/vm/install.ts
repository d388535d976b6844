import { randomUUID } from "node:crypto";
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { renderUserData } from "../../components/machine/userData.ts";
import { Refusal } from "../../components/refusal.ts";
import { progress, run } from "./commands.ts";
import type { BaseImage } from "./baseImage.ts";
import type { VmSettings } from "./settings.ts";
import { makeVmDir, removeSystem, type VmFiles, type VmRecord, writeRecord } from "./vmDir.ts";

const userData = join(import.meta.dirname, "../../cloud-init/user-data.yaml");
const neededBytes = 2 * 2 ** 30;

/** Lays down a new system: base, overlay, keys and seed. The record is written last, so a killed run begins again. */
export async function installSystem(settings: VmSettings, files: VmFiles, image: BaseImage, boot: number): Promise<VmRecord> {
  removeSystem(files);
  makeVmDir(files);
  refuseFullDisk(files);
  for (const [from, to] of [[image.disk, files.base], [image.kernel, files.kernel], [image.initrd, files.initrd]] as const) {
    if (from !== null) linkOrCopy(from, to);
  }
  await run("qemu-img", ["create", "-q", "-f", "qcow2", "-b", "base.img", "-F", image.format, "system.qcow2", `${settings.systemDiskGiB}G`], { cwd: files.dir });
  await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", `${settings.user}@${settings.name}`, "-f", files.privateKey]);
  const instanceId = randomUUID();
  await writeSeed(settings, files, instanceId);
  const record: VmRecord = {
    instanceId,
    image: image.name,
    user: settings.user,
    sshPort: settings.sshPort,
    systemDiskGiB: settings.systemDiskGiB,
    stateDiskGiB: settings.stateDiskGiB,
    hardware: "",
    hostKey: null,
    installed: false,
    ready: false,
    boot,
  };
  writeRecord(files, record);
  progress(`new system: ${image.name} in ${files.dir}`);
  return record;
}

/** Makes the state disk, or grows it; content is never touched. Only while QEMU does not run. */
export function growStateDisk(files: VmFiles, gib: number): void {
  const bytes = gib * 2 ** 30;
  const has = statSync(files.state, { throwIfNoEntry: false })?.size;
  if (has === undefined) {
    const temporary = `${files.state}.new`;
    writeFileSync(temporary, "", { mode: 0o600 });
    truncateSync(temporary, bytes);
    renameSync(temporary, files.state);
  } else if (has < bytes) truncateSync(files.state, bytes);
  else if (has > bytes) refuseShrinking("machine.stateDiskGiB", has / 2 ** 30, gib);
}

/** Grows the system disk; cloud-init grows the file system at the next boot. Only while QEMU does not run. */
export async function growSystemDisk(files: VmFiles, record: VmRecord, gib: number): Promise<void> {
  if (gib < record.systemDiskGiB) refuseShrinking("machine.systemDiskGiB", record.systemDiskGiB, gib);
  if (gib > record.systemDiskGiB) await run("qemu-img", ["resize", "-q", "-f", "qcow2", files.system, `${gib}G`]);
}

/** Refuses disks smaller than they are, before anything is stopped. */
export function refuseSmallerDisks(files: VmFiles, record: VmRecord, settings: VmSettings): void {
  if (settings.systemDiskGiB < record.systemDiskGiB) refuseShrinking("machine.systemDiskGiB", record.systemDiskGiB, settings.systemDiskGiB);
  const state = (statSync(files.state, { throwIfNoEntry: false })?.size ?? 0) / 2 ** 30;
  if (settings.stateDiskGiB < state) refuseShrinking("machine.stateDiskGiB", state, settings.stateDiskGiB);
}

function refuseShrinking(field: string, has: number, given: number): never {
  throw new Refusal({ field, wanted: `at least ${has}, the size it has`, given: String(given), remedy: "a disk only grows: keep the size, or take the VM down and its state with it" });
}

function refuseFullDisk(files: VmFiles): void {
  const { bavail, bsize } = statfsSync(files.dir);
  if (bavail * bsize >= neededBytes) return;
  throw new Refusal({
    field: "stateDir", wanted: "2 GiB free for the VM's disks", given: `${((bavail * bsize) / 2 ** 30).toFixed(1)} GiB in ${files.dir}`,
    remedy: "free some space there, or use another folder",
  });
}

/** A hard link keeps the VM whole when the cache is emptied; between file systems it must be a copy. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

async function writeSeed(settings: VmSettings, files: VmFiles, instanceId: string): Promise<void> {
  const text = renderUserData(readFileSync(userData, "utf8"), { USER: settings.user, AUTHORIZED_KEY: readFileSync(files.publicKey, "utf8").trim() });
  await writeSeedDisk(files, { "user-data": text, "meta-data": `instance-id: ${instanceId}\nlocal-hostname: ${settings.name}\n` });
}

/** Writes the disk that cloud-init reads (NoCloud), with these files on it. */
export async function writeSeedDisk(files: Pick<VmFiles, "dir">, contents: Record<string, string>): Promise<void> {
  const folder = join(files.dir, "seed");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, content] of Object.entries(contents)) writeFileSync(join(folder, name), content);
  // QEMU itself turns a folder into a FAT disk: no program that makes disks is needed.
  await run("qemu-img", ["convert", "-O", "raw", "--image-opts", "driver=vvfat,dir=seed,label=CIDATA,floppy=on", "seed.img"], { cwd: files.dir });
  rmSync(folder, { recursive: true });
}

/** True when every file that a boot needs is there. */
export function isBootable(files: VmFiles): boolean {
  return [files.base, files.system, files.seed].every((path) => existsSync(path));
}
