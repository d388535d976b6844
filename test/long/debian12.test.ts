import { afterAll, beforeAll, expect, test } from "vitest";
import { BareMetal } from "../e2e/lib/bareMetal.ts";
import { changes, complaints } from "../e2e/lib/pulumiOutput.ts";
import { proveAll } from "./lib/prove.ts";

/** The oldest podman that is supported (4.3, Debian 12), on a machine that somebody else made: `kind: ssh` alone. */
let office: BareMetal;

beforeAll(async () => {
  office = await BareMetal.boot({ image: "debian-12", cpus: 2, memoryMiB: 5120, systemDiskGiB: 40 });
  office.configure();
});

afterAll(() => office?.remove());

test("an up that is killed while it installs podman leaves nothing that the next one cannot go on from", async () => {
  const killed = office.startUp();
  await killed.says(/\[podman\] installing packages: podman/);
  killed.kill();
  await killed.ended;
  expect((await office.checkout.pulumi("cancel", "--stack", "office", "--yes")).code).toBe(0);
});

test("pulumi up alone takes a Debian 12 machine to a green smoke test", async () => {
  const ran = await office.up();
  expect(ran.code, complaints(ran.output) + (await office.vm.diagnosis())).toBe(0);
  expect(await office.vm.must("podman --version")).toContain(" 4.3");
});

test("a second up changes nothing", async () => {
  const ran = await office.up();
  expect(changes(ran.output)).toEqual({});
});

test("every proof holds", async () => {
  await proveAll(office.checkout, "office");
});
