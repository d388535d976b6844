import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { fakeVm } from "../../test/fixtures/fakeVm.ts";
import { vmIsPaused } from "./vm.ts";
import { vmFindings } from "./vmOperator.ts";

const stateDir = mkdtempSync(join(tmpdir(), "vm-operator-test-"));
afterAll(() => rmSync(stateDir, { recursive: true }));

// Port 1 is tcpmux's, which nobody runs.
const args = { name: "one", stateDir, sshPort: 1, memoryMiB: 8192 };
const request = { path: "hosts.one", args, containers: 1 };
const fewer = /set `containers` to fewer \(`npm run size`/;

test("a VM that fits is silent, up to the last MiB", () => {
  expect(vmFindings(request, { total: 8192, available: 8192 })).toEqual({ errors: [], warnings: [] });
});

test("more memory than this computer has is an error that names the number of containers, from which it follows", () => {
  expect(vmFindings(request, { total: 8191.5, available: 100 })).toEqual({
    errors: [{ field: "hosts.one.containers", wanted: "a VM of at most 8191 MiB, the memory of this computer", given: "1, for which the VM needs 8192 MiB", remedy: expect.stringMatching(fewer) }],
    warnings: [],
  });
});

test("more memory than is available now is a warning", () => {
  expect(vmFindings(request, { total: 9000, available: 8000 })).toEqual({
    errors: [],
    warnings: [{ field: "hosts.one.containers", wanted: "a VM of at most 8000 MiB, the memory that this computer has available now", given: "1, for which the VM needs 8192 MiB", remedy: expect.stringMatching(fewer) }],
  });
});

test("memory that the configuration says itself is named instead", () => {
  const { errors } = vmFindings({ ...request, containers: null }, { total: 4096, available: 4096 });
  expect(errors).toMatchObject([{ field: "hosts.one.machine.memoryMiB", given: "8192" }]);
});

test("a VM that runs with that memory asks for nothing, and one that grows for no more than the difference", async () => {
  const vm = await fakeVm(stateDir, "one", { sshPort: 1, memoryMiB: 8192 });
  const at = (memoryMiB: number) => vmFindings({ ...request, args: { ...args, memoryMiB } }, { total: 10_000, available: 1000 });
  expect(vmFindings(request, { total: 4096, available: 10 })).toEqual({ errors: [], warnings: [] });
  expect(at(9000)).toEqual({ errors: [], warnings: [] });
  expect(at(9200 + 1).warnings).toHaveLength(1);
  expect(at(10_001).errors).toHaveLength(1);
  await vm.end();
  expect(vmFindings(request, { total: 10_000, available: 10 }).warnings).toHaveLength(1);
});

test("a port that something else listens on is an error, and one that the running VM holds is none", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const find = () => vmFindings({ ...request, args: { ...args, sshPort: port } }, { total: 8192, available: 8192 }).errors;
  expect(find()).toMatchObject([{ field: "hosts.one.machine.sshPort", given: expect.stringMatching(`^${port}, where process ${process.pid}`) }]);
  const vm = await fakeVm(stateDir, "one", { sshPort: port });
  expect(find()).toEqual([]);
  await vm.end();
  server.close();
});

test("a VM is paused when its QEMU runs and says so", async () => {
  const vm = await fakeVm(stateDir, "still", { qemu: "io-error" });
  await expect(vmIsPaused({ name: "still", stateDir })).resolves.toBe(true);
  await vm.end();
  const awake = await fakeVm(stateDir, "awake", { qemu: "running" });
  await expect(vmIsPaused({ name: "awake", stateDir })).resolves.toBe(false);
  await awake.end();
  await expect(vmIsPaused({ name: "still", stateDir })).resolves.toBe(false);
});
