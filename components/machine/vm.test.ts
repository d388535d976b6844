import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, test } from "vitest";

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
  for (const state of ["stopped", "absent", "starting"] as const) expect(bootOf({ state, boot: 7 }, 9000)).toBe(9);
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

test("a port that something else listens on is refused before anything is planned", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  expect(() => new Vm("taken", { ...args, sshPort: port })).toThrow(/machine\.sshPort: wanted a free port/);
  server.close();
});

function valueOf<T>(output: pulumi.Output<T>): Promise<unknown> {
  return new Promise((resolve) => output.apply((value) => resolve(value)));
}
