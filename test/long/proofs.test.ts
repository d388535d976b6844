import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BareMetal } from "../e2e/lib/bareMetal.ts";
import { failingProofs, proveAll } from "./lib/prove.ts";
import { weaknesses } from "./weaknesses.ts";

/**
 * That the proofs prove: each protection of a provisioned host is switched off in turn, and its own proof fails and no
 * other. Debian 12's full set is in debian12.test.ts.
 */
let host: BareMetal;

beforeAll(async () => {
  host = await BareMetal.boot({ image: "debian-13", cpus: 2, memoryMiB: 7680, systemDiskGiB: 40 });
  host.configure({}, { containers: 2 });
  const ran = await host.up();
  expect(ran.code, ran.output.slice(-6000) + (await host.vm.diagnosis())).toBe(0);
  const files = join(import.meta.dirname, "weak");
  await host.vm.copyTo(files, "weak");
  await host.vm.must("sudo -n install weak/podman /usr/local/bin/weak-podman && sudo -n install weak/weaken.sh /usr/local/bin/");
  // So that there is a socket that could be seen.
  await host.vm.must("sudo -n -u nanoclaw XDG_RUNTIME_DIR=/run/user/$(id -u nanoclaw) systemctl --user start podman.socket");
});

afterAll(() => host?.remove());

test("every proof holds on a host as it should be, and make prove says so", () => proveAll(host));

test.each(weaknesses)("without $what, exactly $fails fail", async ({ policy = ".", podman = [], fails }) => {
  const uid = (await host.vm.must("id -u nanoclaw")).trim();
  const quoted = [policy, ...podman.map((flag) => flag.replace("UID", uid))].map((word) => `'${word}'`).join(" ");
  await host.vm.must(`sudo -n weaken.sh ${quoted}`);
  try {
    expect((await failingProofs(host)).sort()).toEqual([...fails].sort());
  } finally {
    await host.vm.must("sudo -n weaken.sh");
  }
});

test("and with all of it on again, every proof holds again", async () => {
  expect(await failingProofs(host)).toEqual([]);
});
