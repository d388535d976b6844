import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DevHost } from "../e2e/lib/devHost.ts";
import { failingProofs, loadProofs, proveAll } from "./lib/prove.ts";
import { weaknesses } from "./weaknesses.ts";
import { complaints } from "../e2e/lib/pulumiOutput.ts";

/**
 * That the proofs prove: each protection of a provisioned host is switched off in turn, and its own proof fails and no
 * other. Debian 12's full set is in debian12.test.ts.
 */
let dev: DevHost;

beforeAll(async () => {
  dev = await DevHost.provisioned();
  // Two at once: only then has a memory hog a neighbour, and the slice something to hold together.
  dev.configure("containers: 1", "containers: 2");
  const ran = await dev.up();
  expect(ran.code, complaints(ran.output)).toBe(0);
  dev.onHost("install -m 755 /dev/stdin /usr/local/bin/weak-podman", file("podman"));
  dev.onHost("install -m 755 /dev/stdin /usr/local/bin/weaken.sh", file("weaken.sh"));
  // So that there is a socket that could be seen.
  dev.onHost("runuser -u nanoclaw -- env XDG_RUNTIME_DIR=/run/user/$(id -u nanoclaw) systemctl --user start podman.socket");
});

afterAll(() => dev?.remove());

/** For a command of root's on the host: podman and systemctl --user of the service user. */
const asUser = `cd /; user() { runuser -u nanoclaw -- env HOME=/home/nanoclaw XDG_RUNTIME_DIR=/run/user/$(id -u nanoclaw) "$@"; }; podman() { user podman "$@"; }; manager() { user systemctl --user "$@"; };`;

const file = (name: string): string => readFileSync(join(import.meta.dirname, "weak", name), "utf8");

test("every proof holds on a host as it should be, and make prove says so", async () => {
  await proveAll(dev.checkout, "dev");
});

test.each(weaknesses)("without $what, exactly $fails fail", ({ policy = ".", podman = [], host: [does, undoes] = ["true", "true"], fails, load }) => {
  const uid = dev.onHost("id -u nanoclaw");
  const quoted = [policy, ...podman.map((flag) => flag.replace("UID", uid))].map((word) => `'${word}'`).join(" ");
  dev.onHost(`weaken.sh ${quoted}`);
  try {
    dev.onHost(`${asUser} ${does}`);
    expect(failingProofs(dev, load === true ? [] : loadProofs).sort()).toEqual([...fails].sort());
  } finally {
    dev.onHost("weaken.sh");
    dev.onHost(`${asUser} ${undoes}`);
  }
});

test("and with all of it on again, every proof holds again", () => {
  expect(failingProofs(dev)).toEqual([]);
});
