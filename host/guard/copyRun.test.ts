import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { GuardPolicy } from "../../contract/policy.ts";
import { copyName, reapCopies, removeTree } from "./copyPlaces.ts";
import { runOnCopy } from "./copyRun.ts";
import { mountedNames } from "./mountWorld.ts";
import type { RunPlan } from "./run.ts";
import { policyWith } from "./testPolicy.ts";

let top: string;
let copies: string;
let policy: GuardPolicy;
let server: Server;
let journal: string;

beforeEach(async () => {
  top = mkdtempSync(join(tmpdir(), "guard-copyrun-"));
  copies = join(top, "data/guard-copies");
  mkdirSync(join(top, "groups/team"), { recursive: true });
  writeFileSync(join(top, "groups/team/CLAUDE.md"), "memory");
  journal = "";
  server = createServer((stream) => stream.on("data", (chunk: Buffer) => (journal += chunk.toString())));
  await new Promise<void>((resolve) => server.listen(join(top, "journal"), resolve));
  policy = { ...policyWith({}, "untrusted", top), journalSocket: join(top, "journal"), podman: join(top, "podman") };
});
afterEach(() => {
  server.close();
  removeTree(top);
});

/** Runs a program in podman's place; `$1` is the copy. */
async function run(program: string, ended = true): Promise<number> {
  writeFileSync(policy.podman, `#!/bin/bash\ncd "\${1%%:*}"\n${program}\n`, { mode: 0o755 });
  const source = join(top, "groups/team");
  const plan = { entry: { decision: "allowed", rule: "allow", call: "run", reason: "", group: "team" }, environment: {} } as unknown as RunPlan;
  return await runOnCopy(plan, source, [`${source}:/workspace/group`], policy, { startTime: (pid) => (pid === process.pid ? "7" : undefined), ended: () => ended });
}

test("podman's exit status is the guard's, whatever the agent left in its copy", async () => {
  expect(await run("echo new > new; mkdir shut; chmod 000 shut; ln -s /etc/passwd link; exit 42")).toBe(42);
  expect(readFileSync(join(top, "groups/team/new"), "utf8")).toBe("new\n");
  expect(readdirSync(copies)).toEqual([]);
  await expect.poll(() => journal).toContain('"copiedBack":1,"notCopied":["link: not a plain file"]');
});

test("a container that did not end keeps its copy, and the next run tells of it", async () => {
  await run("echo work > work", false);
  const [left] = readdirSync(copies);
  expect(left).toMatch(new RegExp(`^team\\.\\d+\\.${process.pid}-7$`));
  expect(existsSync(join(top, "groups/team/work"))).toBe(false);
  expect(readFileSync(join(copies, left!, "work"), "utf8")).toBe("work\n");
  mkdirSync(join(copies, copyName("team", 1, 4_000_000, "1")));
  await run("true");
  await expect.poll(() => journal).toContain("the workspaces of killed runs are still in");
  expect(readdirSync(copies).sort()).toEqual([copyName("team", 1, 4_000_000, "1"), left].sort());
});

test("of killed runs the newest three copies of each group are kept, and a run that lives or is mounted is not touched", () => {
  mkdirSync(copies, { recursive: true });
  const made = (group: string, time: number, pid: number, start: string): string => {
    const name = copyName(group, time, pid, start);
    mkdirSync(join(copies, name, "shut"), { recursive: true });
    chmodSync(join(copies, name, "shut"), 0);
    return name;
  };
  const [mounted, old, oldest] = [made("team", 3, 9, "1"), made("team", 2, 9, "1"), made("team", 1, 9, "1")];
  const newest = [made("team", 4, 9, "1"), made("team", 5, 9, "1"), made("team", 6, 9, "1")];
  const living = made("team", 0, 8, "5");
  const reused = made("other", 0, 8, "4");
  mkdirSync(join(copies, `${made("gone", 1, 9, "1")}.done`));
  mkdirSync(join(copies, "by hand"));
  const found = reapCopies(copies, { startTime: (pid) => (pid === 8 ? "5" : undefined), mounted: (name) => name === mounted });
  expect([...found.removed].sort()).toEqual([old, oldest].sort());
  expect([...found.kept].sort()).toEqual([...newest, mounted, reused, copyName("gone", 1, 9, "1")].sort());
  expect(readdirSync(copies).sort()).toEqual([...found.kept, living, "by hand"].sort());
});

test("what is mounted is found by its name, whoever mounted it, and a link does not lead the removal elsewhere", () => {
  expect([...mountedNames(["proc", "no-such-name"])]).toEqual(["proc"]);
  mkdirSync(join(top, "tree"));
  symlinkSync(join(top, "groups"), join(top, "tree/link"));
  removeTree(join(top, "tree"));
  expect(existsSync(join(top, "tree"))).toBe(false);
  expect(existsSync(join(top, "groups/team/CLAUDE.md"))).toBe(true);
  rmSync(join(top, "groups"), { recursive: true });
});
