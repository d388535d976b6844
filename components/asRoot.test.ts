import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asRoot } from "./asRoot.ts";
import { scriptAsRoot } from "./sshCommand.ts";
import { sshRemedy } from "./sshRemedy.ts";

/** The text that is sent to a host, run here as its shell would, with programs in sudo's place that keep to its options. */
const password = "it's $(a) \\password `of` the test";
const json = JSON.stringify({ lines: "one\ntwo", quote: "'\"\\" });
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "as-root-"));
  writeFileSync(join(directory, "wanted"), `${password}\n`);
  const asks = `for tries in 1 2 3; do IFS= read -r line || break; [ "$line" != "$(cat '${directory}/wanted')" ] || exec "$@"; done; echo "Sorry, try again." >&2; echo "sudo: $tries incorrect password attempts" >&2; exit 1`;
  const sudo = (name: string, withPassword: string) => {
    const options = 'while :; do case $1 in -n) never=yes ;; -k | -S) ;; -p) shift ;; *) break ;; esac; shift; done';
    writeFileSync(join(directory, name), `#!/bin/sh\n{ printf '%s ' "$@"; env; } >>'${directory}/seen'\n${options}\n${withPassword}\n`, { mode: 0o755 });
  };
  sudo("free", 'exec "$@"');
  sudo("asking", `[ -z "$never" ] || exit 1\n${asks}`);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs a text with the given stdin, where `sudo` is one of the programs above. */
function run(kind: "free" | "asking", text: string, input: string) {
  const bin = mkdtempSync(join(directory, "bin-"));
  writeFileSync(join(bin, "sudo"), `#!/bin/sh\nexec '${directory}/${kind}' "$@"\n`, { mode: 0o755 });
  writeFileSync(join(directory, "seen"), "");
  // Another login's variable of the same name must not carry the password on.
  const { stdout, stderr, status } = spawnSync("sh", ["-c", text], { input, encoding: "utf8", env: { PATH: `${bin}:${process.env["PATH"]}`, password: "x" } });
  expect(readFileSync(join(directory, "seen"), "utf8") + stderr).not.toContain(password);
  return { stdout, stderr, status };
}

describe("a command as root by sudo with a password", () => {
  const { text, firstLine } = asRoot("ubuntu", "sh -c 'cat; exit 7'", password);

  it.each(["asking", "free"] as const)("has all of its own stdin and nothing else, and its exit code counts, where sudo is %s", (kind) => {
    const { stdout, status } = run(kind, text, `${firstLine}\n${json}`);
    expect(stdout).toBe(json);
    expect(status).toBe(7);
  });

  it.each(["asking", "free"] as const)("may be a script on stdin, which is run without the password, where sudo is %s", (kind) => {
    const script = scriptAsRoot("ubuntu", password);
    expect(run(kind, script.text, `${script.firstLine}\necho as told\n`)).toEqual({ stdout: "as told\n", stderr: "", status: 0 });
  });

  it("is not run with a wrong password: one attempt, none with the lines that follow, and the secret is named", () => {
    const { stdout, stderr, status } = run("asking", text, `wrong\n${password}\n${json}`);
    expect([stdout, status]).toEqual(["", 1]);
    expect(stderr).toMatch(/^error: sudoPasswords\.<host>: wanted .+; got one that sudo refused \(sudo: 2 incorrect password attempts\)\. Remedy: .*`pulumi config set --secret --path sudoPasswords\.<host>`/);
    expect(sshRemedy(stderr)).toContain("sudoPasswords.<host>");
  });
});

it("root and a user whose sudo asks for nothing are sent no password", () => {
  expect(asRoot("root", "id", password)).toEqual({ text: "id", firstLine: undefined });
  expect(scriptAsRoot("root", password)).toEqual({ text: "sh -s", firstLine: undefined });
  expect(asRoot("ubuntu", "id", undefined)).toEqual({ text: "sudo -n id", firstLine: undefined });
});
