import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { copyIn, copyOut } from "./copyWorkspace.ts";

/** A host whose disk is full: for copies of one name, in either direction. */
const full = vi.hoisted(() => ({ name: "none" }));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  const noSpace = (path: unknown): void => {
    if (String(path).endsWith(full.name)) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
  };
  return {
    ...fs,
    copyFileSync: (from: Buffer, to: Buffer, mode: number) => (noSpace(to), fs.copyFileSync(from, to, mode)),
    renameSync: (from: Buffer, to: Buffer) => (noSpace(to), fs.renameSync(from, to)),
  };
});

const bounds = { maxBytes: 2 ** 20, maxFiles: 100 };
let top: string;
beforeEach(() => {
  full.name = "none";
  top = mkdtempSync(join(tmpdir(), "guard-room-"));
  mkdirSync(join(top, "group"));
  writeFileSync(join(top, "group/large"), "before");
});
afterEach(() => rmSync(top, { recursive: true }));

test("a run for whose copy there is no room is refused, and no half of a copy is left", () => {
  full.name = "/copy/large";
  expect(() => copyIn(join(top, "group"), join(top, "copy"), bounds)).toThrow(/wanted room for a copy; got ENOSPC\. Remedy:/);
  expect(existsSync(join(top, "copy"))).toBe(false);
});

test("what the host has no room to take back stays in the copy, the rest comes back, and nothing half-written is left", () => {
  const made = copyIn(join(top, "group"), join(top, "copy"), bounds);
  writeFileSync(join(top, "copy/large"), "after");
  writeFileSync(join(top, "copy/small"), "small");
  full.name = "/group/large";
  expect(copyOut(made, join(top, "group"), bounds)).toEqual({ copied: 1, refused: ["large: ENOSPC"], kept: true });
  expect(readFileSync(join(top, "copy/large"), "utf8")).toBe("after");
  expect(readFileSync(join(top, "group/large"), "utf8")).toBe("before");
  expect(readdirSync(join(top, "group")).sort()).toEqual(["large", "small"]);
});
