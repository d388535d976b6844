import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const notOurs = new Set(["node_modules", ".git", "dist", ".state", ".stryker-tmp"]);

/** True for a file that a shell runs: by its name, or by its first line. */
function isShell(path: string): boolean {
  if (path.endsWith(".sh")) return true;
  if (/\.[a-z0-9]+$/i.test(path)) return false;
  return /^#!\s*\/\S*\b(ba|da)?sh\b/.test(readFileSync(path, "utf8").slice(0, 100));
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

const shellFiles = filesBelow(root).filter(isShell);
const stepsDirectory = join(root, "host/steps");
const steps = readdirSync(stepsDirectory);

test("shellcheck finds nothing in any shell file of the repository", () => {
  expect(shellFiles.length).toBeGreaterThan(20);
  let found = "";
  try {
    execFileSync("shellcheck", ["-x", ...shellFiles], { cwd: root, encoding: "utf8" });
  } catch (error) {
    found = (error as { stdout?: string; message: string }).stdout || (error as Error).message;
  }
  expect(found).toBe("");
});

describe.each(steps)("the step %s", (step) => {
  test.each(["apply.sh", "remove.sh", "facts.sh"])("has a %s", (file) => {
    expect(existsSync(join(stepsDirectory, step, file))).toBe(true);
  });

  test("reads its facts with a plain POSIX shell and without our library, so that a saved copy works alone", () => {
    const facts = readFileSync(join(stepsDirectory, step, "facts.sh"), "utf8");
    expect(facts).toMatch(/^#!\/bin\/sh\n/);
    expect(facts).not.toContain("NANOCLAW_LIB");
  });
});

test("no shell file is longer than 250 lines", () => {
  expect(shellFiles.filter((path) => readFileSync(path, "utf8").split("\n").length > 250)).toEqual([]);
});
