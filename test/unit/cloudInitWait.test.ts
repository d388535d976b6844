import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

/** The first remote step's wait for cloud-init, with a stand-in that ends as asked: a real first boot that fails cannot be had at will. */
const script = join(import.meta.dirname, "../../host/steps/preflight/cloudInit.sh");
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cloud-init-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function waitWhere(exitCode: number): { status: number | null; output: string } {
  const fake = join(directory, "cloud-init");
  writeFileSync(fake, `#!/bin/sh\n# STAND-IN for cloud-init\n[ "$2" = --long ] && { echo "errors: modules: it went wrong"; exit 0; }\nexit ${exitCode}\n`);
  chmodSync(fake, 0o755);
  const program = `set -euo pipefail; log() { echo "log: $*"; }; die() { echo "error: $1: wanted $2; got $3. Remedy: $4"; exit 1; }; . "$1"; await_cloud_init; echo went on`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", program, "-", script], { env: { PATH: `${directory}:${process.env["PATH"]}` }, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

test("a first boot that cloud-init finished goes on without a word of warning", () => {
  const { status, output } = waitWhere(0);
  expect([status, output]).toEqual([0, expect.stringMatching(/went on/)]);
  expect(output).not.toMatch(/warning|error/);
});

test("a first boot that failed ends the step, with what cloud-init says", () => {
  expect(waitWhere(1)).toEqual({ status: 1, output: expect.stringMatching(/error: machine: wanted a first boot that cloud-init finishes; got exit code 1 .*it went wrong/) });
});

test("errors that cloud-init recovered from are a warning with its text", () => {
  const { status, output } = waitWhere(2);
  expect(status).toBe(0);
  expect(output).toMatch(/warning: .*it went wrong/);
  expect(output).toContain("went on");
});
