import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
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

test.each([
  ["preflight", ".nanoclaw-host.run"],
  ["release", ".nanoclaw-nanoclaw-0123"],
  ["baseImage", ".nanoclaw-base-image-0123"],
])("the facts of %s differ when its upload is gone from where logins begin", (step, upload) => {
  const home = mkdtempSync(join(tmpdir(), "home-"));
  const record = join(home, "record");
  mkdirSync(record);
  const script = readFileSync(join(stepsDirectory, step, "facts.sh"), "utf8").replaceAll(`/var/lib/nanoclaw-runtime/steps/${step}`, record);
  const facts = (): string[] => execFileSync("sh", ["-c", script], { cwd: home, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n").filter((line) => line.startsWith("upload"));
  if (step !== "preflight") {
    expect(facts()).toEqual([]);
    const note = `NANOCLAW_STEP=${step}; . '${root}/host/lib/files.sh'; eval "$(declare -f note_upload | sed 's#/var/lib/nanoclaw-runtime/steps/[^"]*/#${record}/#')"; note_upload`;
    execFileSync("bash", ["-c", `${note} ''`]);
    expect(facts()).toEqual([]);
    execFileSync("bash", ["-c", `${note} ${upload}`]);
  }
  writeFileSync(join(home, upload), "x");
  expect(facts()).toEqual([`upload ${upload}`]);
  rmSync(join(home, upload));
  expect(facts()).toEqual([`upload ${upload} missing`]);
  rmSync(home, { recursive: true });
});

test("no shell file is longer than 250 lines", () => {
  expect(shellFiles.filter((path) => readFileSync(path, "utf8").split("\n").length > 250)).toEqual([]);
});
