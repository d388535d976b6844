import { afterAll, beforeAll, expect, test } from "vitest";
import { DevHost } from "../e2e/lib/devHost.ts";
import { complaints } from "../e2e/lib/pulumiOutput.ts";
import { failingProofs, proveAll } from "./lib/prove.ts";
import { failingWithout, prepareWeakening } from "./lib/weaken.ts";
import { weaknesses } from "./weaknesses.ts";

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
  prepareWeakening(dev);
  // So that there is a socket that could be seen.
  dev.onHost("runuser -u nanoclaw -- env XDG_RUNTIME_DIR=/run/user/$(id -u nanoclaw) systemctl --user start podman.socket");
});

afterAll(() => dev?.remove());

test("every proof holds on a host as it should be, and make prove says so", async () => {
  await proveAll(dev.checkout, "dev");
});

test.each(weaknesses)("without $what, exactly $fails fail", (weakness) => {
  expect(failingWithout(dev, weakness)).toEqual([...weakness.fails].sort());
});

test("and with all of it on again, every proof holds again", () => {
  expect(failingProofs(dev)).toEqual([]);
});
