import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { takeSnapshot } from "./snapshot.ts";

/** Called before each open: what an agent does between the look into a directory and the reading of a file in it. */
const before = vi.hoisted(() => ({ open: (_path: string): void => undefined }));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return { ...fs, openSync: (path: string, flags: number) => (before.open(path), fs.openSync(path, flags)) };
});

test("a file that is swapped for a pipe after the directory was listed is refused and not waited for", () => {
  const directory = mkdtempSync(join(tmpdir(), "guard-snapshot-swap-"));
  writeFileSync(join(directory, "a.md"), "a");
  expect(takeSnapshot(directory)).toHaveLength(1);
  before.open = (path) => {
    if (!path.endsWith("/a.md")) return;
    rmSync(join(directory, "a.md"));
    execFileSync("mkfifo", [join(directory, "a.md")]);
  };
  expect(() => takeSnapshot(directory)).toThrow("a socket, device or pipe");
  rmSync(directory, { recursive: true });
});
