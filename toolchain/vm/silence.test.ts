import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { fakeVm } from "../../test/fixtures/fakeVm.ts";
import { whyVmIsSilent } from "./silence.ts";

const stateDir = mkdtempSync(join(tmpdir(), "silence-test-"));
afterAll(() => rmSync(stateDir, { recursive: true }));

const ask = (name: string) => whyVmIsSilent({ name, stateDir }, "Connection timed out", "make up");
const log = (name: string) => new RegExp(`console log is .*vms/${name}/console\\.log`);

test("a VM that QEMU paused for want of space: the operator's disk is full, and freeing some lets it go on", async () => {
  const vm = await fakeVm(stateDir, "full", { qemu: "io-error" });
  const { why, remedy } = await ask("full");
  expect(why).toBe("its VM is paused by QEMU (io-error): the operator's disk is full");
  expect(remedy).toMatch(/^Free some space on this computer .* run `make up`, which lets it go on/);
  expect(remedy).toMatch(log("full"));
  await vm.end();
});

test.each([
  ["paused", "running", {}, /^its VM is paused$/, /^Run `make up`, which lets it go on/],
  ["running", "hanging", {}, /^its VM runs, but does not answer: Connection timed out$/, /If it hangs, end its QEMU \(`kill \d+`\) and run `make up`, which boots it again$/],
  [undefined, "mute", {}, /^its VM runs, but does not answer/, /`kill \d+`/],
  ["running", "young", { ready: false }, /^its VM is booting, and does not answer yet: Connection timed out$/, /^Run `make up`, which waits for it/],
])("a VM of which QEMU says %s (%s)", async (qemu, name, changes, wanted, cure) => {
  const vm = await fakeVm(stateDir, name, { ...(qemu && { qemu }), ...changes });
  const { why, remedy } = await ask(name);
  expect(why).toMatch(wanted);
  expect(remedy).toMatch(cure);
  expect(remedy.replace(/`kill \d+`/, `\`kill ${vm.pid}\``)).toBe(remedy);
  expect(remedy).toMatch(log(name));
  await vm.end();
  await expect(ask(name)).resolves.toMatchObject({ why: "its VM does not run", remedy: expect.stringMatching(/^Run `make up`, which starts it; its console log is /) });
});
