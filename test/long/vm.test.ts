import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { down } from "../../toolchain/vm/down.ts";
import { vmStatus } from "../../toolchain/vm/status.ts";
import { up } from "../../toolchain/vm/up.ts";
import { TestVm } from "../e2e/lib/testVm.ts";

const stateDisk = "/dev/disk/by-id/virtio-nanoclaw-state";
let vm: TestVm;

beforeAll(async () => {
  vm = await TestVm.boot({ image: "debian-13", name: "driver", memoryMiB: 1024 });
});
afterAll(() => vm?.remove());

test("only the key logs in, as a user with sudo and without a password", async () => {
  expect(await vm.must("sudo -n id -u")).toBe("0\n");
  expect(await vm.must("sudo -n sshd -T | grep -i '^passwordauthentication'")).toBe("passwordauthentication no\n");
});

test("the disk is as bare as a cloud image: what we provision is not there yet", async () => {
  const found = await vm.ssh("command -v podman docker node jq git");
  expect(found.stdout).toBe("");
});

test("the way to the VM carries no private key and a second up of the same settings gives the same", async () => {
  const again = await up(vm.settings, null);
  expect(again).toEqual(vm.at);
  expect(JSON.stringify(again)).not.toContain("PRIVATE KEY");
});

test("QEMU killed by a power cut: status says stopped, and up starts the same system, which kept its state", async () => {
  await vm.must(`sudo -n mkfs.ext4 -q ${stateDisk} && sudo -n mount ${stateDisk} /mnt && echo kept | sudo -n tee /mnt/mark && sudo -n umount /mnt && sync`);
  vm.kill();
  await expect.poll(() => vmStatus(vm.settings).state).toBe("stopped");
  const before = vm.at;
  await vm.up();
  expect(vm.at).toEqual(before);
  expect(await vm.must(`sudo -n mount ${stateDisk} /mnt && cat /mnt/mark && sudo -n umount /mnt`)).toBe("kept\n");
});

test("more memory and disk restart the VM and apply; a smaller disk is refused and nothing is stopped", async () => {
  await up({ ...vm.settings, memoryMiB: 1536, systemDiskGiB: 22 }, null);
  expect(Number(await vm.must("awk '/MemTotal/ {print int($2/1024)}' /proc/meminfo"))).toBeGreaterThan(1300);
  expect(Number(await vm.must("df --output=size -BG / | tail -1 | tr -dc 0-9"))).toBeGreaterThanOrEqual(21);
  await expect(up({ ...vm.settings, systemDiskGiB: 10 }, null)).rejects.toThrow(/machine\.systemDiskGiB: wanted at least 22/);
  expect(vmStatus(vm.settings).state).toBe("running");
});

test("down removes system and key and keeps the state; an up that is killed in its first boot converges", async () => {
  await down(vm.settings);
  expect(existsSync(vm.files.privateKey)).toBe(false);
  expect(vmStatus(vm.settings)).toMatchObject({ state: "absent", stateDisk: true });

  const cli = spawn(process.execPath, [join(import.meta.dirname, "../../toolchain/vm/cli.ts"), "up"], { stdio: ["pipe", "ignore", "ignore"] });
  cli.stdin.end(JSON.stringify(vm.settings));
  await expect.poll(() => vmStatus(vm.settings).state, { timeout: 120_000 }).toBe("starting");
  cli.kill("SIGKILL");
  await vm.up();
  expect(await vm.must(`sudo -n mount ${stateDisk} /mnt && cat /mnt/mark`)).toBe("kept\n");
});
