import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

/** What is done about podman's pause process; podman itself is a stand-in that prints its arguments. Seen on a host: docs/TROUBLESHOOTING.md. */
const script = join(import.meta.dirname, "../../host/steps/podman/rootfs/opt/nanoclaw/lib/podman-ready.sh");
let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "podman-ready-"));
  mkdirSync(join(directory, "libpod/tmp"), { recursive: true });
  file = join(directory, "libpod/tmp/pause.pid");
  writeFileSync(join(directory, "podman"), '#!/bin/sh\n# STAND-IN for podman\necho "podman $*"\n', { mode: 0o755 });
});
afterEach(() => rmSync(directory, { recursive: true }));

function ready(): string {
  const { stdout, stderr } = spawnSync(script, ["--format", "json"], { env: { PATH: `${directory}:/usr/bin:/bin`, XDG_RUNTIME_DIR: directory }, encoding: "utf8" });
  expect(stdout).toBe("podman info --format json\n");
  return stderr;
}

test("a pause process that is no more is forgotten, and so is a number that is another's now", () => {
  for (const pid of [spawnSync("true").pid, process.pid]) {
    writeFileSync(file, String(pid));
    expect(ready()).toContain("killed");
    expect(existsSync(file)).toBe(false);
  }
});

test("one that lives is left alone, and so is a user who has none yet", async () => {
  expect(ready()).toBe("");
  symlinkSync("/bin/sleep", join(directory, "catatonit"));
  const pause = spawn(join(directory, "catatonit"), ["60"], { stdio: "ignore" });
  try {
    await new Promise((resolve) => pause.once("spawn", resolve));
    writeFileSync(file, String(pause.pid));
    expect(ready()).toBe("");
    expect(existsSync(file)).toBe(true);
  } finally {
    pause.kill();
  }
});
