import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HARDENING } from "../host/guard/hardening.ts";
import { hardeningMutants, MUTANTS, type Mutant } from "./guardMutants.ts";

/**
 * `node scripts/mutate-guard.ts [FILE…]`: takes each refusal out of the guard in turn, and each protection of
 * guardMutants.ts, in a copy, and runs the guard's unit tests. What no test misses is printed, and the exit status is 1.
 * Properties, fuzz runs and the race are left out: what a table can catch, a table must catch. Part of `make test-all`;
 * half an hour on two busy cores.
 *
 * Stryker (test/mutation, `npm run mutate`) changes every expression and counts: two minutes for grammar.ts alone. It is
 * a measure to look at and not a gate: most of what survives there changes how an error is worded.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "mutate-guard-"));
for (const part of ["contract", "host/guard", "vitest.config.ts", "package.json"]) cpSync(join(root, part), join(copy, part), { recursive: true });
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

/** True when the guard's tests fail in the copy. A row of the hardening set must be missed by the table of argvs alone, which is the fastest. */
function caught(file = ""): boolean {
  const files = file === "hardening.ts" ? ["host/guard/accepted.test.ts"] : ["host/guard", "contract/profiles.test.ts"];
  return spawnSync(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", "--project", "unit", "--bail=1", ...["property", "fuzz", "swap", "check"].map((name) => `--exclude=**/${name}.test.ts`), ...files], { cwd: copy, stdio: "ignore" }).status !== 0;
}

if (caught()) throw new Error("the guard's tests: wanted to pass; they fail as they are. Remedy: npm run unit");
const wanted = process.argv.slice(2);
const survivors: string[] = [];
let refusals = 0;
const among = (file: string): boolean => wanted.length === 0 || wanted.includes(file);

/** Runs the tests with another text in a file of the copy; `what` is told when they still pass. */
function look(file: string, text: string, what: string): void {
  const path = join(copy, "host/guard", file);
  const before = readFileSync(path, "utf8");
  writeFileSync(path, text);
  if (!caught(file)) {
    survivors.push(`host/guard/${file}: ${what}`);
    console.error(`survives: host/guard/${file}: ${what}`);
  }
  writeFileSync(path, before);
}

for (const name of readdirSync(join(copy, "host/guard")).filter((one) => one.endsWith(".ts") && !one.endsWith(".test.ts") && among(one))) {
  const text = readFileSync(join(copy, "host/guard", name), "utf8");
  for (const { index } of text.matchAll(/\bthrow (?=new Refusal|deniedFlag|wrong\(|refuse\()/g)) {
    refusals++;
    // `void new Refusal(…)`: the same expression without its effect.
    look(name, `${text.slice(0, index)}void ${text.slice(index + "throw ".length)}`, `line ${text.slice(0, index).split("\n").length}`);
  }
}
const protections = [...MUTANTS, ...hardeningMutants(HARDENING.length)].filter(({ file }) => among(file));
for (const { file, from, to } of protections) look(file, mutated({ file, from, to }), `${from} → ${to || "nothing"}`);
rmSync(copy, { recursive: true });
console.log(JSON.stringify({ refusals, protections: protections.length, survivors }));
if (survivors.length > 0) process.exitCode = 1;

/** The file's text with the mutant in it. @throws Error when the text is not there exactly once */
function mutated({ file, from, to }: Mutant): string {
  const parts = readFileSync(join(copy, "host/guard", file), "utf8").split(from);
  if (parts.length !== 2) throw new Error(`scripts/guardMutants.ts: wanted a text that stands once in ${file}; got ${from}, ${parts.length - 1} times. Remedy: correct the table`);
  return parts.join(to);
}
