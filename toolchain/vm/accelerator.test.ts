import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { type BootSource, chooseAccelerator } from "./accelerator.ts";
import { architecture, cacheDir } from "./places.ts";

/** A QEMU that writes its arguments down and does what the test says: no guest runs. */
let dir: string;
let device: string;
let printed: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "accelerator-test-"));
  device = join(dir, "kvm");
  for (const file of ["kvm", "disk.img", "vmlinuz"]) writeFileSync(join(dir, file), "");
  mkdirSync(join(dir, "bin"));
  vi.stubEnv("XDG_CACHE_HOME", join(dir, "cache"));
  vi.stubEnv("PATH", `${join(dir, "bin")}${delimiter}${process.env["PATH"]}`);
  printed = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => printed.push(String(text)) > 0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

function qemu(guest: string, version = "10.0"): void {
  writeFileSync(join(dir, "bin", `qemu-system-${architecture.qemu}`), `#!/bin/sh\n[ "$1" = --version ] && { echo "QEMU ${version}"; exit; }\necho "$PWD $*" >>'${dir}/runs'\n${guest}\n`, { mode: 0o755 });
}
const runs = (): string[] => (existsSync(join(dir, "runs")) ? readFileSync(join(dir, "runs"), "utf8").trim().split("\n") : []);
// Relative, as a VM's folder is.
const here = (file: string): string => relative(process.cwd(), join(dir, file));
const disk = (): BootSource => ({ kernel: null, disk: here("disk.img") });
const kernel = (): BootSource => ({ kernel: here("vmlinuz"), disk: here("disk.img") });

const startsInit = "echo '[    1.203114] Run /sbin/init as init process'; exec sleep 1000";
const missesDisk = "echo '[    0.9] Kernel panic - not syncing: VFS: Unable to mount root fs'";

test("a disk without a kernel beside it is booted itself, untouched and without a network, and KVM is used as soon as its kernel has come up", async () => {
  qemu(startsInit);
  await expect(chooseAccelerator("auto", disk(), { device })).resolves.toBe("kvm");
  expect(runs()).toHaveLength(1);
  expect(runs()[0]).toMatch(new RegExp(`^${dir} .*-accel kvm .*-nodefaults .*snapshot=on,file=disk\\.img$`));
  expect(runs()[0]).not.toContain("net");
  expect(printed.join("")).toContain("accelerator: KVM, a disk boots with it");
});

test("a kernel that comes as far as missing its disk shows that KVM works", async () => {
  qemu(missesDisk);
  await expect(chooseAccelerator("auto", kernel(), { device })).resolves.toBe("kvm");
  expect(runs()[0]).toContain(`-kernel ${join(dir, "vmlinuz")}`);
});

test.each([
  ["hangs without a word", "exec sleep 1000"],
  ["prints only what its boot loader says", "echo 'Booting `Ubuntu'\\'''; exec sleep 1000"],
  ["stops in its kernel's first lines", "echo '[    0.000000] Linux version 6.8.0'; exec sleep 1000"],
  ["cannot be started", "echo 'Could not access KVM kernel module' >&2; exit 1"],
])("a guest that %s is emulated, and the reason is said at every run", async (_, guest) => {
  qemu(guest);
  for (const source of [disk(), disk(), kernel()]) await expect(chooseAccelerator("auto", source, { device, limitSeconds: 1 })).resolves.toBe("tcg");
  expect(runs()).toHaveLength(2);
  expect(printed.filter((line) => line.includes("emulation (tcg), because KVM is there but boots no disk (removing"))).toHaveLength(2);
});

test("the answer is kept for the second run, and asked again for another QEMU, another way of booting or a file that is not whole", async () => {
  const choose = (source = disk()) => chooseAccelerator("auto", source, { device });
  qemu(startsInit);
  await choose();
  await choose();
  expect(runs()).toHaveLength(1);
  qemu("exit 1", "10.1");
  await expect(choose()).resolves.toBe("tcg");
  qemu(missesDisk, "10.1");
  await expect(choose(kernel())).resolves.toBe("kvm");
  expect(runs()).toHaveLength(3);
  writeFileSync(join(cacheDir(), "kvm-probe.json"), '{"key":');
  await choose();
  expect(runs()).toHaveLength(4);
});

test("nothing is tried where KVM is not there, or where the accelerator is given", async () => {
  qemu(startsInit);
  await expect(chooseAccelerator("auto", disk(), { device: join(dir, "none") })).resolves.toBe("tcg");
  expect(printed.join("")).toContain("cannot be opened");
  await expect(chooseAccelerator("kvm", disk(), { device })).resolves.toBe("kvm");
  expect(runs()).toEqual([]);
});
