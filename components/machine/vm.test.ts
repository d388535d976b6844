import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, test } from "vitest";

import { fakeVm } from "../../test/fixtures/fakeVm.ts";
import { bootOf, Vm, vmAtPlan } from "./vm.ts";

const registered: { type: string; name: string; inputs: Record<string, unknown> }[] = [];

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: (args) => {
      registered.push({ type: args.type, name: args.name, inputs: args.inputs as Record<string, unknown> });
      const stdout = JSON.stringify({ address: "127.0.0.1", port: 2290, user: "provision", hostKey: "ssh-ed25519 A", instanceId: "i", privateKeyFile: keyFile });
      return { id: args.name, state: { ...args.inputs, stdout } };
    },
    call: () => ({}),
  });
});

const stateDir = mkdtempSync(join(tmpdir(), "vm-test-"));
const keyFile = join(stateDir, "key");
writeFileSync(keyFile, "PRIVATE");
afterAll(() => rmSync(stateDir, { recursive: true }));
const args = { name: "none", stateDir, sshPort: 2290, memoryMiB: 2048, cpus: 1 };

test("a running VM keeps its number and one that does not run gets a new one", () => {
  expect(bootOf({ state: "running", boot: 7 })).toBe(7);
  for (const state of ["stopped", "absent", "starting"] as const) expect(bootOf({ state, boot: 7 }, false, 9000)).toBe(9);
});

test("a VM that QEMU paused gets a new number, so that `up` lets it go on", () => {
  expect(bootOf({ state: "running", boot: 7 }, true, 9000)).toBe(9);
});

test("a VM is one command whose settings travel on stdin and whose text names no folder", async () => {
  const vm = new Vm("dev", args);
  await new Promise<void>((resolve) => pulumi.output(vm.urn).apply(() => resolve()));
  await expect.poll(() => registered.length).toBe(2);
  const command = registered.find(({ type }) => type === "command:local:Command");
  expect(command?.name).toBe("dev-vm");
  expect(command?.inputs["create"]).toMatch(/^node toolchain\/vm\/cli\.ts up --boot \d+$/);
  expect(JSON.parse(String(command?.inputs["stdin"]))).toEqual(args);
  await expect(valueOf(vm.id)).resolves.toBe("i");
  await expect(valueOf(vm.connection)).resolves.toMatchObject({ port: 2290, hostKey: "ssh-ed25519 A", privateKey: "PRIVATE" });
  await expect(pulumi.isSecret(vm.connection)).resolves.toBe(true);
  expect(vmAtPlan(args)).toEqual({ reachable: false, because: "the VM is not there yet" });
});

test("a login key that cannot be read is one error without a stack trace, with the field's whole path", async () => {
  const vm = await fakeVm(stateDir, "keyless", { sshPort: 2291 });
  rmSync(vm.files.privateKey);
  mkdirSync(vm.files.privateKey);
  const plan = () => vmAtPlan({ ...args, name: "keyless", sshPort: 2291 });
  expect(plan).toThrow(pulumi.RunError);
  expect(plan).toThrow(/^hosts\.keyless\.machine: wanted the VM's login key in .*id_ed25519; got none that can be read\. Remedy: take the VM in .* down and up again/);
  await vm.end();
});

function valueOf<T>(output: pulumi.Output<T>): Promise<unknown> {
  return new Promise((resolve) => output.apply((value) => resolve(value)));
}
