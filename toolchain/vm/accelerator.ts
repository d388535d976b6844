import { accessSync, constants, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

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

/**
 * Chooses KVM when it really boots a kernel. /dev/kvm that opens proves little: nested machines were seen where it
 * opens and the guest hangs. The answer is kept until the operator reboots or QEMU changes.
 */
export async function chooseAccelerator(wanted: "auto" | Accelerator, kernel: string | null): Promise<Accelerator> {
  if (wanted !== "auto") return wanted;
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
  } catch {
    progress("accelerator: emulation (tcg), because /dev/kvm cannot be opened");
    return "tcg";
  }
  const version = (await run(`qemu-system-${architecture.qemu}`, ["--version"])).split("\n")[0] ?? "";
  const key = `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${version}`;
  const cached = join(cacheDir(), "kvm-probe.json");
  try {
    const known = JSON.parse(readFileSync(cached, "utf8")) as { key: string; works: boolean };
    if (known.key === key) return known.works ? "kvm" : "tcg";
  } catch {
    // Not probed yet.
  }
  if (kernel === null) return "tcg";
  const works = await kvmBoots(kernel);
  mkdirSync(cacheDir(), { recursive: true });
  writeWhole(cached, JSON.stringify({ key, works }));
  progress(works ? "accelerator: KVM, a kernel boots with it" : "accelerator: emulation (tcg), because KVM is there but boots no kernel");
  return works ? "kvm" : "tcg";
}

/** Boots a kernel without a disk: reaching "Unable to mount root" means that KVM works. At most 8 seconds. */
async function kvmBoots(kernel: string): Promise<boolean> {
  const args = [
    "-machine", architecture.machine, ...acceleratorArgs.kvm, "-m", "512", "-nodefaults", "-no-user-config",
    "-display", "none", "-no-reboot", "-serial", "stdio", "-kernel", kernel,
    "-append", `console=${architecture.console} panic=-1`,
  ];
  const result = await tryRun(`qemu-system-${architecture.qemu}`, args, { timeoutMs: 8000 });
  return /Unable to mount root|not syncing: VFS/.test(result.stdout);
}
