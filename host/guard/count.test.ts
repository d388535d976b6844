import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkSlice, reserve, sliceDirectory, sliceWorld, type CountWorld } from "./count.ts";
import { Refusal } from "./refusal.ts";
import { policyWith } from "./testPolicy.ts";

let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), "guard-count-"))));
afterEach(() => rmSync(directory, { recursive: true }));

const id = (letter: string): string => letter.repeat(64);

/** Processes and containers as the kernel would tell of them. */
function world(pid: number, alive: Record<number, string>, containers: string[] = []): CountWorld {
  return { pid, startTime: (one) => alive[one], containers: () => containers, pause: () => undefined };
}

test("N runs get a place and the next one is refused", () => {
  const policy = policyWith({ containers: 2 });
  const alive = { 1: "10", 2: "20", 3: "30" };
  reserve(policy, directory, world(1, alive));
  reserve(policy, directory, world(2, alive));
  expect(() => reserve(policy, directory, world(3, alive))).toThrow(Refusal);
  expect(readdirSync(directory).sort()).toEqual(["1-10", "2-20"]);
});

test("a run that has ended gives its place back, even when its pid belongs to another by now", () => {
  const policy = policyWith({ containers: 1 });
  reserve(policy, directory, world(1, { 1: "10" }));
  expect(() => reserve(policy, directory, world(2, { 1: "10", 2: "20" }))).toThrow(Refusal);
  reserve(policy, directory, world(2, { 1: "11", 2: "20" }));
  expect(readdirSync(directory)).toEqual(["2-20"]);
});

test("a container whose client was killed keeps its place as long as it runs", () => {
  const policy = policyWith({ containers: 1 });
  const { cidFile } = reserve(policy, directory, world(1, { 1: "10" }));
  writeFileSync(cidFile, id("a"));
  expect(() => reserve(policy, directory, world(2, { 2: "20" }, [id("a")]))).toThrow(Refusal);
  reserve(policy, directory, world(2, { 2: "20" }));
});

test("a container and its client count once, and a container that nobody reserved for counts too", () => {
  const policy = policyWith({ containers: 2 });
  const { cidFile } = reserve(policy, directory, world(1, { 1: "10" }));
  writeFileSync(cidFile, id("a"));
  reserve(policy, directory, world(2, { 1: "10", 2: "20" }, [id("a")])).release();
  expect(() => reserve(policy, directory, world(2, { 1: "10", 2: "20" }, [id("a"), id("b")]))).toThrow(Refusal);
});

test("of 12 processes that ask at once for 3 places never more than 3 hold one, and 3 do", async () => {
  const program = join(directory, "asker.ts");
  const slots = join(directory, "slots");
  mkdirSync(slots);
  writeFileSync(
    program,
    `import { reserve, sliceWorld } from ${JSON.stringify(new URL("./count.ts", import.meta.url).href)};
const policy = JSON.parse(process.argv[2]);
try { reserve(policy, ${JSON.stringify(slots)}, { ...sliceWorld(policy, 0), containers: () => [] }); console.log("in"); } catch (error) { console.log(error.rule); process.exit(); }
process.stdin.on("end", () => process.exit()).resume();
`,
  );
  const children = Array.from({ length: 12 }, () => spawn(process.execPath, [program, JSON.stringify(policyWith({ containers: 3 }))], { stdio: ["pipe", "pipe", "inherit"] }));
  const said = await Promise.all(children.map(async ({ stdout }) => ((await stdout.take(1).toArray()) as Buffer[]).join("").trim()));
  children.forEach((child) => child.stdin.end());
  expect(said.filter((word) => word === "in").length).toBeLessThanOrEqual(3);
  expect(said.filter((word) => word === "in").length).toBe(3);
  expect(said.filter((word) => word === "count").length).toBe(9);
});

test("this process's own start time is read from the kernel", () => {
  expect(sliceWorld(policyWith(), 0).startTime(process.pid)).toMatch(/^\d+$/);
  expect(sliceWorld(policyWith(), 0).startTime(2 ** 22 + 1)).toBe(undefined);
});

test("a slice's cgroup lies where systemd puts it", () => {
  expect(sliceDirectory(policyWith(), 1500)).toBe("/sys/fs/cgroup/user.slice/user-1500.slice/user@1500.service/nanoclaw.slice/nanoclaw-agents.slice");
});

test("without the slice's unit nothing runs", () => {
  expect(() => checkSlice(policyWith(), () => false)).toThrow("/etc/systemd/user/nanoclaw-agents.slice");
  checkSlice(policyWith(), (path) => path === "/etc/systemd/user/nanoclaw-agents.slice");
});
