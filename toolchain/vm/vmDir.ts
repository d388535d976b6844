import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { z } from "zod";

import type { BootSource } from "./accelerator.ts";
import type { VmIdentity } from "./settings.ts";

/** The checkout, from which relative folders count. */
export const project = resolve(import.meta.dirname, "../..");

/** What the driver knows about a VM between two runs: `vm.json` in its folder. */
export const VmRecord = z.object({
  /** Names the installed system; also cloud-init's instance-id and QEMU's -uuid. */
  instanceId: z.string(),
  /** The system on the disk; never "auto". */
  image: z.string(),
  user: z.string(),
  sshPort: z.number(),
  systemDiskGiB: z.number(),
  stateDiskGiB: z.number(),
  /** What the running QEMU was started with; a different one means a restart. */
  hardware: z.string(),
  /** The host's public key, seen on the console at first boot; null before. */
  hostKey: z.string().nullable(),
  /** True once the first boot was through: SSH answered and cloud-init had ended. */
  installed: z.boolean(),
  /** True once the running boot was through. */
  ready: z.boolean(),
  /** The plan that last started the VM (`up --boot`); see components/machine/vm.ts. */
  boot: z.number(),
});
export type VmRecord = z.infer<typeof VmRecord>;

/** The files of one VM. Everything but `state.raw` goes with `down`. */
export interface VmFiles {
  /** `<stateDir>/vms/<name>`. */
  readonly dir: string;
  /** Held while `up` or `down` work; beside the folder, so that the folder can go. */
  readonly lock: string;
  readonly record: string;
  readonly pid: string;
  /** What the kernel and cloud-init say on the serial console, all boots. */
  readonly console: string;
  readonly monitor: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly knownHosts: string;
  /** The untouched system that `system.qcow2` overlays: a hard link, so that emptying the cache breaks no VM. */
  readonly base: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly system: string;
  readonly state: string;
  /** FAT disk labelled CIDATA, which cloud-init looks for. */
  readonly seed: string;
}

/** Where the files of a VM are. Pure. */
export function vmFiles(vm: VmIdentity): VmFiles {
  const dir = join(vm.stateDir, "vms", vm.name);
  return {
    dir,
    lock: `${dir}.lock`,
    record: join(dir, "vm.json"),
    pid: join(dir, "qemu.pid"),
    console: join(dir, "console.log"),
    monitor: join(dir, "qmp.sock"),
    privateKey: join(dir, "id_ed25519"),
    publicKey: join(dir, "id_ed25519.pub"),
    knownHosts: join(dir, "known_hosts"),
    base: join(dir, "base.img"),
    kernel: join(dir, "vmlinuz"),
    initrd: join(dir, "initrd"),
    system: join(dir, "system.qcow2"),
    state: join(dir, "state.raw"),
    seed: join(dir, "seed.img"),
  };
}

/** What the VM boots: the kernel beside its disk, or its disk, whose boot loader finds one. The overlay may be in use; what it overlays is only read. */
export function bootSource(files: VmFiles): BootSource {
  return { kernel: existsSync(files.kernel) ? files.kernel : null, disk: files.base };
}

/** The record, or null when there is no VM (or a half-written one, which is the same: it is made anew). */
export function readRecord(files: VmFiles): VmRecord | null {
  if (!existsSync(files.record)) return null;
  try {
    return VmRecord.parse(JSON.parse(readFileSync(files.record, "utf8")));
  } catch {
    return null;
  }
}

/** Writes the record in one step, so that a kill leaves the old or the new one. */
export function writeRecord(files: VmFiles, record: VmRecord): void {
  writeWhole(files.record, `${JSON.stringify(record, null, 2)}\n`);
}

/** Writes a file of mode 0600 in one step. */
export function writeWhole(path: string, content: string): void {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, content, { mode: 0o600 });
  renameSync(temporary, path);
}

/** Makes the VM's folder, readable only by its owner: it holds the login key. */
export function makeVmDir(files: VmFiles): void {
  mkdirSync(files.dir, { recursive: true, mode: 0o700 });
  chmodSync(files.dir, 0o700);
}

/** Deletes the installed system, its keys and its logs; the state disk stays. */
export function removeSystem(files: VmFiles): void {
  const { dir: _dir, lock: _lock, state: _state, record, ...rest } = files;
  rmSync(record, { force: true });
  for (const path of Object.values(rest)) rmSync(path, { force: true, recursive: true });
}
