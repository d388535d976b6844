import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * `node scripts/mutate-guard.ts [FILE…]`: takes each refusal out of the guard in turn, in a copy, and runs the guard's
 * unit tests. A refusal that no test misses is printed, and the exit status is 1. Properties, fuzz runs and the race are
 * left out: what a table can catch, a table must catch. Part of `make test-all`; some minutes on two cores.
 *
 * Stryker (test/mutation, `npm run mutate`) changes every expression and counts: two minutes for grammar.ts alone. It is
 * a measure to look at and not a gate: most of what survives there changes how an error is worded.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "mutate-guard-"));
for (const part of ["contract", "host/guard", "vitest.config.ts", "package.json"]) cpSync(join(root, part), join(copy, part), { recursive: true });
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

/** True when the guard's tests fail in the copy. */
function caught(): boolean {
  const files = ["host/guard", "contract/profiles.test.ts"];
  return spawnSync(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", "--project", "unit", "--bail=1", ...["property", "fuzz", "swap", "check"].map((name) => `--exclude=**/${name}.test.ts`), ...files], { cwd: copy, stdio: "ignore" }).status !== 0;
}

if (caught()) throw new Error("the guard's tests: wanted to pass; they fail as they are. Remedy: npm run unit");
const wanted = process.argv.slice(2);
const survivors: string[] = [];
let number = 0;
for (const name of readdirSync(join(copy, "host/guard")).filter((one) => one.endsWith(".ts") && !one.endsWith(".test.ts") && (wanted.length === 0 || wanted.includes(one)))) {
  const file = join(copy, "host/guard", name);
  const text = readFileSync(file, "utf8");
  for (const { index } of text.matchAll(/\bthrow (?=new Refusal|deniedFlag)/g)) {
    number++;
    // `void new Refusal(…)`: the same expression without its effect.
    writeFileSync(file, `${text.slice(0, index)}void ${text.slice(index + "throw ".length)}`);
    if (!caught()) survivors.push(`host/guard/${name}:${text.slice(0, index).split("\n").length}`);
  }
  writeFileSync(file, text);
}
rmSync(copy, { recursive: true });
console.log(JSON.stringify({ refusals: number, survivors }));
if (survivors.length > 0) process.exitCode = 1;
