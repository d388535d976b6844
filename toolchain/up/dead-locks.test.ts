import { spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

/** A lock that nobody holds any more is no reason to refuse a run; one that somebody holds is. */
const script = resolve(import.meta.dirname, "dead-locks.sh");
let state: string;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "nanoclaw-locks-"));
  mkdirSync(join(state, ".pulumi/locks/organization/project/dev"), { recursive: true });
  mkdirSync(join(state, ".pulumi/locks/organization/project/prod"), { recursive: true });
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

/** A lock as Pulumi's file backend writes it, of a process on a machine. */
function lock(pid: number, { machine = hostname(), stack = "dev" } = {}): string {
  const path = join(state, `.pulumi/locks/organization/project/${stack}/${pid}.json`);
  writeFileSync(path, JSON.stringify({ pid, username: "me", hostname: machine, timestamp: "2026-01-02T03:04:05Z" }));
  return path;
}
function run(): string {
  const { status, stdout, stderr } = spawnSync(script, [state], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return stdout;
}
const ended = (): number => spawnSync("true").pid;

test("the lock of a run that was killed goes, and it says so", () => {
  const pid = ended();
  const path = lock(pid);
  expect(run()).toBe(`an earlier run (process ${pid}, 2026-01-02T03:04:05Z) was killed: its lock is taken away\n`);
  expect(existsSync(path)).toBe(false);
  expect(run()).toBe("");
});

test("the lock of a run that still goes stays", () => {
  copyFileSync(spawnSync("which", ["sleep"], { encoding: "utf8" }).stdout.trim(), join(state, "pulumi"));
  chmodSync(join(state, "pulumi"), 0o755);
  const running = spawn(join(state, "pulumi"), ["60"], { stdio: "ignore" });
  const path = lock(running.pid!);
  expect(run()).toBe("");
  expect(existsSync(path)).toBe(true);
  running.kill("SIGKILL");
});

test("a process that only got the number of a killed run does not keep its lock", () => {
  const path = lock(process.pid);
  run();
  expect(existsSync(path)).toBe(false);
});

test("another machine's lock stays, and so does another stack's", () => {
  const paths = [lock(ended(), { machine: "elsewhere" }), lock(ended(), { stack: "prod" })];
  expect(run()).toBe("");
  expect(paths.map((path) => existsSync(path))).toEqual([true, true]);
});

test("a state without locks is no error", () => {
  rmSync(join(state, ".pulumi"), { recursive: true });
  expect(run()).toBe("");
});
