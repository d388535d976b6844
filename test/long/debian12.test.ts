import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Checkout } from "../e2e/lib/checkout.ts";
import { changes } from "../e2e/lib/pulumiOutput.ts";
import { TestVm } from "../e2e/lib/testVm.ts";

/** The oldest podman that is supported (4.3, Debian 12), on a machine that somebody else made: `kind: ssh` alone. */
let checkout: Checkout;
let vm: TestVm;

beforeAll(async () => {
  checkout = new Checkout();
  expect((await checkout.run("toolchain/setup.sh", [])).code).toBe(0);
  vm = await TestVm.boot({ image: "debian-12", cpus: 2, memoryMiB: 5120, systemDiskGiB: 40 });
  // What cannot be reached from here is the dev stack's affair: its file says what stands in.
  expect((await checkout.run("toolchain/run.sh", ["node", "toolchain/up/devStack.ts"])).code).toBe(0);
  const dev = checkout.read("stacks/Pulumi.dev.yaml");
  const machine = `{ kind: ssh, address: 127.0.0.1, port: ${vm.at.port}, user: ${vm.at.user}, hostKey: "${vm.at.hostKey}", privateKeyFile: .state/vm-key }`;
  checkout.write(".state/vm-key", readFileSync(join(vm.settings.stateDir, "vms", vm.settings.name, "id_ed25519"), "utf8"));
  checkout.write("stacks/Pulumi.twelve.yaml", dev.replace(/ {6}machine:\n {8}kind: vm.*\n/, `      machine: ${machine}\n`));
  expect((await checkout.pulumi("stack", "init", "twelve")).code).toBe(0);
});

afterAll(() => {
  vm?.remove();
  checkout?.remove();
});

const up = () => checkout.pulumi("up", "--stack", "twelve", "--yes", "--skip-preview", "--non-interactive", "--color", "never");

test("pulumi up alone takes a Debian 12 machine to a green smoke test", async () => {
  const ran = await up();
  expect(ran.code, ran.output.slice(-6000) + (await vm.diagnosis())).toBe(0);
  expect(await vm.must("podman --version")).toContain(" 4.3");
});

test("a second up changes nothing", async () => {
  const ran = await up();
  expect(changes(ran.output)).toEqual({});
});
