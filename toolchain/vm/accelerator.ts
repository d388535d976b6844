import { accessSync, constants, mkdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

import { progress, run, tryRun } from "./commands.ts";
import { architecture, cacheDir } from "./places.ts";
import { writeWhole } from "./vmDir.ts";

/** How QEMU runs the guest's code. */
export type Accelerator = "kvm" | "tcg";

/** QEMU's arguments for an accelerator. */
export const acceleratorArgs: Record<Accelerator, readonly string[]> = {
  kvm: ["-accel", "kvm", "-cpu", "host"],
  // cx16=off: with plain `max`, several threads and this feature, guest kernels were seen to panic under emulation.
  tcg: ["-accel", "tcg,thread=multi", "-cpu", architecture.qemu === "x86_64" ? "max,cx16=off" : "max"],
};

/** What a guest is booted from; a `BaseImage` is one too. */
export interface BootSource {
  /** A kernel that QEMU loads itself; null: the disk has a boot loader. */
  readonly kernel: string | null;
  /** The disk, read and never written; qcow2 where `kernel` is null. */
  readonly disk: string;
}

/** How KVM is tried. */
export interface KvmProbe {
  /** Default /dev/kvm. */
  readonly device?: string;
  /** Seconds until a guest that says nothing counts as hanging; default 8 for a kernel, 30 for a disk. */
  readonly limitSeconds?: number;
}

/**
 * Chooses KVM when it really boots what the VM boots. /dev/kvm that opens proves little: nested machines were seen
 * where it opens and the guest hangs. The answer is kept until the operator reboots or QEMU changes; each way of
 * booting has its own.
 */
export async function chooseAccelerator(wanted: "auto" | Accelerator, source: BootSource, { device = "/dev/kvm", limitSeconds }: KvmProbe = {}): Promise<Accelerator> {
  if (wanted !== "auto") return wanted;
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
  } catch {
    progress(`accelerator: emulation (tcg), because ${device} cannot be opened`);
    return "tcg";
  }
  const version = (await run(`qemu-system-${architecture.qemu}`, ["--version"])).split("\n")[0] ?? "";
  const way = source.kernel === null ? "disk" : "kernel";
  const key = `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${version} ${way}`;
  const cached = join(cacheDir(), "kvm-probe.json");
  let works = knownAnswer(cached, key);
  if (works === null) {
    works = await kvmBoots(source, limitSeconds ?? (way === "disk" ? 30 : 8));
    mkdirSync(cacheDir(), { recursive: true });
    writeWhole(cached, JSON.stringify({ key, works }));
  }
  progress(works ? `accelerator: KVM, a ${way} boots with it` : `accelerator: emulation (tcg), because KVM is there but boots no ${way} (removing ${cached} makes the next run try again)`);
  return works ? "kvm" : "tcg";
}

function knownAnswer(cached: string, key: string): boolean | null {
  try {
    const known = JSON.parse(readFileSync(cached, "utf8")) as { key: string; works: boolean };
    return known.key === key ? known.works : null;
  } catch {
    return null; // Not probed yet.
  }
}

/** What the console shows once a kernel has come up: it misses its disk, or starts the system on it. */
const cameUp = /Unable to mount root|not syncing: VFS|Run \S+ as init process|systemd\[1\]:|Welcome to |Cloud-init v|login:/;

/** Boots the source under KVM, without network and for nothing but its console. A boot sector of ours would prove less: no long mode, no interrupts. */
async function kvmBoots({ kernel, disk }: BootSource, limitSeconds: number): Promise<boolean> {
  const boot = kernel === null
    ? ["-drive", `if=virtio,format=qcow2,snapshot=on,file=${basename(disk)}`]
    : ["-no-reboot", "-kernel", resolve(kernel), "-append", `console=${architecture.console} panic=-1`];
  const args = ["-machine", architecture.machine, ...acceleratorArgs.kvm, "-m", "1024", "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", ...boot];
  progress("accelerator: trying whether KVM boots a guest");
  const result = await tryRun(`qemu-system-${architecture.qemu}`, args, { cwd: dirname(disk), timeoutMs: limitSeconds * 1000, until: cameUp });
  return cameUp.test(result.stdout);
}
