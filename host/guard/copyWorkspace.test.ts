import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { copyIn, copyOut } from "./copyWorkspace.ts";
import { Refusal } from "./refusal.ts";

const bounds = { maxBytes: 2 ** 20, maxFiles: 100 };
let top: string;
let group: string;
let copy: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "guard-copy-"));
  group = join(top, "group");
  copy = join(top, "copy");
  mkdirSync(join(group, "notes"), { recursive: true });
  mkdirSync(join(group, "logs"));
  writeFileSync(join(group, "CLAUDE.md"), "memory");
  writeFileSync(join(group, "notes", "a.txt"), "a");
  writeFileSync(join(group, "logs", "container-1.log"), "log");
  writeFileSync(join(top, "outside"), "outside");
});
afterEach(() => rmSync(top, { recursive: true }));

test("the agent's copy has the group's files, but not NanoClaw's logs and no links", () => {
  symlinkSync(join(top, "outside"), join(group, "link"));
  copyIn(group, copy, bounds);
  expect(readdirSync(copy, { recursive: true }).sort()).toEqual(["CLAUDE.md", "notes", "notes/a.txt"]);
});

test("what was written comes back, and nothing else does", () => {
  const made = copyIn(group, copy, bounds);
  writeFileSync(join(group, "CLAUDE.md"), "changed on the host meanwhile");
  writeFileSync(join(copy, "notes", "a.txt"), "b");
  mkdirSync(join(copy, "new", "deep"), { recursive: true });
  writeFileSync(join(copy, "new", "deep", "x.sh"), "#!/bin/sh");
  chmodSync(join(copy, "new", "deep", "x.sh"), 0o4777);
  expect(copyOut(made, group, bounds)).toEqual({ copied: 2, refused: [], kept: false });
  expect(readFileSync(join(group, "CLAUDE.md"), "utf8")).toBe("changed on the host meanwhile");
  expect(readFileSync(join(group, "notes", "a.txt"), "utf8")).toBe("b");
  expect(lstatSync(join(group, "new/deep/x.sh")).mode & 0o7777).toBe(0o755);
  expect(existsSync(copy)).toBe(false);
  expect(readdirSync(group).sort()).toEqual(["CLAUDE.md", "logs", "new", "notes"]);
});

test("a change that hides behind an old time and the same size comes back", () => {
  const made = copyIn(group, copy, bounds);
  writeFileSync(join(copy, "notes", "a.txt"), "z");
  utimesSync(join(copy, "notes", "a.txt"), 0, 0);
  expect(copyOut(made, group, bounds).copied).toBe(1);
});

test("what the agent deleted is still there", () => {
  const made = copyIn(group, copy, bounds);
  rmSync(join(copy, "CLAUDE.md"));
  expect(copyOut(made, group, bounds).copied).toBe(0);
  expect(existsSync(join(group, "CLAUDE.md"))).toBe(true);
});

test("links, pipes and forged logs do not come back", () => {
  const made = copyIn(group, copy, bounds);
  symlinkSync("/etc/passwd", join(copy, "s"));
  linkSync(join(copy, "CLAUDE.md"), join(copy, "h"));
  execFileSync("mkfifo", [join(copy, "p")]);
  mkdirSync(join(copy, "logs"));
  writeFileSync(join(copy, "logs", "container-1.log"), "forged");
  const { copied, refused } = copyOut(made, group, bounds);
  expect(copied).toBe(0);
  expect([...refused].sort()).toEqual(["CLAUDE.md: a hard link", "h: a hard link", "p: not a plain file", "s: not a plain file"]);
  expect(readFileSync(join(group, "logs", "container-1.log"), "utf8")).toBe("log");
});

test("a link in the group's folder is not written through", () => {
  symlinkSync(top, join(group, "out"));
  symlinkSync(join(top, "outside"), join(group, "file"));
  const made = copyIn(group, copy, bounds);
  mkdirSync(join(copy, "out"));
  writeFileSync(join(copy, "out", "outside"), "owned");
  writeFileSync(join(copy, "file"), "mine");
  expect(copyOut(made, group, bounds).refused).toEqual(["out/outside: its directory is not a directory in the group's folder"]);
  expect(readFileSync(join(top, "outside"), "utf8")).toBe("outside");
  expect(lstatSync(join(group, "file")).isSymbolicLink()).toBe(false);
});

test("a workspace that is too large is refused before anything runs, and its copy is gone", () => {
  appendFileSync(join(group, "big"), Buffer.alloc(2 ** 20));
  expect(() => copyIn(group, copy, bounds)).toThrow(Refusal);
  expect(existsSync(copy)).toBe(false);
});

test("what a killed run left in the same place is not touched", () => {
  mkdirSync(copy);
  writeFileSync(join(copy, "lost"), "kept");
  expect(() => copyIn(group, copy, bounds)).toThrow("EEXIST");
  expect(readFileSync(join(copy, "lost"), "utf8")).toBe("kept");
});

test("an agent that writes without end gets back what the policy allows", () => {
  const made = copyIn(group, copy, bounds);
  writeFileSync(join(copy, "aaa"), Buffer.alloc(2 ** 19));
  writeFileSync(join(copy, "bbb"), Buffer.alloc(2 ** 20));
  expect(copyOut(made, group, bounds)).toEqual({ copied: 1, refused: [expect.stringMatching(/^bbb and what follows/)], kept: false });
});
