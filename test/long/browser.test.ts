import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DevHost } from "../e2e/lib/devHost.ts";
import { complaints } from "../e2e/lib/pulumiOutput.ts";
import { proveAll } from "./lib/prove.ts";

/**
 * A host whose agents browse: Debian's Chromium in NanoClaw's image, with all of the hardening on. The base image is as
 * slim as the real node:22-slim: our tools come from its distribution.
 */
let dev: DevHost;

beforeAll(async () => {
  dev = await DevHost.provisioned();
  dev.changeDockerfile("USER root\nRUN apt-get update -q && apt-get install -y -q --no-install-recommends chromium && rm -rf /var/lib/apt/lists/*\nUSER node");
  dev.configure("browser: false", "browser: true");
  const slim = execFileSync(join(import.meta.dirname, "../standins/base-image/build.sh"), { encoding: "utf8" }).trim();
  dev.configure(dev.archive("node-22-slim"), slim);
});

afterAll(() => dev?.remove());

test("a host with a browser gets an image with one, and a browser's limits", async () => {
  const ran = await dev.up();
  expect(ran.code, complaints(ran.output)).toBe(0);
  expect(dev.onHost(`cat ${dev.slice}/pids.max ${dev.slice}/memory.max`).split("\n")).toEqual(["512", String(4 * 2 ** 30)]);
  expect(ran.output).toMatch(/\[baseImage\] \| Setting up socat/);
});

test("every proof holds, and Chromium opens a page with all of this on", async () => {
  const table = await proveAll(dev.checkout, "dev");
  expect(table).toMatch(/✓ browser-opens-page .* opened, at most \d+ of 512/);
});
