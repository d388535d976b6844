import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** Which credential the dev stack gets, and when the stand-in of the model goes; with the real `pulumi`, without its program. */
const root = resolve(import.meta.dirname, "../..");
const withStandIn = "config:\n  podman-nanoclaw-runtime:hosts: { local: { machine: { kind: vm } } }\n  podman-nanoclaw-runtime:standIns:\n    messagesApi: true\n";
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "nanoclaw-dev-"));
  for (const name of ["stacks", "programs", "state"]) mkdirSync(join(directory, name));
  cpSync(join(root, "Pulumi.yaml"), join(directory, "Pulumi.yaml"));
  writeFileSync(join(directory, "stacks/Pulumi.dev.yaml"), withStandIn);
  // Keeps the arguments of every pulumi, and stands for the way to the model.
  writeFileSync(join(directory, "programs/pulumi"), `#!/bin/sh\necho "$*" >>'${directory}/arguments'\nexec '${spawnSync("which", ["pulumi"], { encoding: "utf8" }).stdout.trim()}' "$@"\n`);
  chmodSync(join(directory, "programs/pulumi"), 0o755);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs it with a passphrase: the text itself, or a file that has it. */
function run(credentials: Record<string, string>, modelAnswers = true, passphrase: Record<string, string | undefined> = { PULUMI_CONFIG_PASSPHRASE: "dev", PULUMI_CONFIG_PASSPHRASE_FILE: "" }) {
  writeFileSync(join(directory, "programs/curl"), `#!/bin/sh\nexit ${modelAnswers ? 0 : 28}\n`, { mode: 0o755 });
  const env = {
    ...process.env, ANTHROPIC_API_KEY: "", CLAUDE_CODE_OAUTH_TOKEN: "", ...credentials,
    PATH: `${join(directory, "programs")}${delimiter}${process.env["PATH"]}`,
    PULUMI_BACKEND_URL: `file://${directory}/state`, ...passphrase,
  };
  return spawnSync("bash", [join(root, "toolchain/up/select-dev.sh")], { cwd: directory, env, encoding: "utf8" });
}
function select(credentials: Record<string, string>, modelAnswers = true): string {
  const { status, stdout, stderr } = run(credentials, modelAnswers);
  expect(status, stdout + stderr).toBe(0);
  return stdout;
}

const config = (): string => readFileSync(join(directory, "stacks/Pulumi.dev.yaml"), "utf8");
const secret = (name: string): string => spawnSync("pulumi", ["config", "get", "--stack", "dev", name], { cwd: directory, encoding: "utf8", env: { ...process.env, PULUMI_BACKEND_URL: `file://${directory}/state`, PULUMI_CONFIG_PASSPHRASE: "dev", PULUMI_CONFIG_PASSPHRASE_FILE: "" } }).stdout.trim();

test("a stack that began without a key goes over to the real model when one is given, and says so", () => {
  expect(select({})).toContain("a made-up key");
  expect(secret("anthropicApiKey")).toMatch(/^sk-standin-[0-9a-f]{32}$/);
  expect(select({ ANTHROPIC_API_KEY: "sk-real" })).toContain("agents talk to the real model from now on");
  expect(secret("anthropicApiKey")).toBe("sk-real");
  expect(config()).not.toMatch(/standIns|sk-real/);
  expect(readFileSync(join(directory, "arguments"), "utf8")).not.toContain("sk-real");
  expect(select({ ANTHROPIC_API_KEY: "sk-other" })).not.toContain("taken");
  expect(secret("anthropicApiKey")).toBe("sk-real");
});

test("a subscription's token takes the place of the made-up key", () => {
  select({});
  expect(select({ CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat" })).toContain("taken from CLAUDE_CODE_OAUTH_TOKEN");
  expect([secret("claudeCodeOauthToken"), secret("anthropicApiKey")]).toEqual(["sk-ant-oat", ""]);
  expect(config()).not.toContain("standIns");
});

test("where the model does not answer, the stand-in and its key stay, and it says why", () => {
  select({});
  expect(select({ ANTHROPIC_API_KEY: "sk-real" }, false)).toContain("did not answer in 6 s: the Messages API stand-in stays");
  expect(secret("anthropicApiKey")).toMatch(/^sk-standin-/);
  expect(config()).toContain("messagesApi: true");
});

test("a key that the user set stays, and so does the stand-in beside it", () => {
  select({ ANTHROPIC_API_KEY: "sk-mine" });
  expect(select({ ANTHROPIC_API_KEY: "sk-other" })).not.toContain("real model");
  expect(secret("anthropicApiKey")).toBe("sk-mine");
  expect(config()).toContain("messagesApi: true");
});

describe("with a passphrase that does not open the stack's secrets", () => {
  const inFile = (text?: string): Record<string, string | undefined> => {
    const file = join(directory, "passphrase");
    if (text !== undefined) writeFileSync(file, text);
    return { PULUMI_CONFIG_PASSPHRASE: undefined, PULUMI_CONFIG_PASSPHRASE_FILE: file };
  };
  /** The stack's configuration and state, byte for byte. */
  const kept = (): Record<string, string> => Object.fromEntries(["stacks", "state"].flatMap((name) => (readdirSync(join(directory, name), { recursive: true }) as string[]).map((path) => join(directory, name, path))).filter((path) => statSync(path).isFile()).map((path) => [path, readFileSync(path, "utf8")]));
  /** What it refuses with; nothing has been touched then. */
  const refusal = (passphrase: Record<string, string | undefined>, credentials = {}): string => {
    const before = kept();
    const { status, stdout, stderr } = run(credentials, true, passphrase);
    expect(status, stdout + stderr).toBe(1);
    expect(stdout).not.toMatch(/made-up|taken/);
    expect(kept()).toEqual(before);
    return stderr;
  };
  /** A secret among the stack's outputs, as a host's login is. */
  function upOnce(): void {
    const env = { ...process.env, PULUMI_BACKEND_URL: `file://${directory}/state`, PULUMI_CONFIG_PASSPHRASE: "dev", PULUMI_CONFIG_PASSPHRASE_FILE: "" };
    const { deployment, ...rest } = JSON.parse(spawnSync("pulumi", ["stack", "export", "--stack", "dev"], { cwd: directory, env, encoding: "utf8" }).stdout);
    const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", plaintext: '"login"' };
    const resources = [{ urn: "urn:pulumi:dev::podman-nanoclaw-runtime::pulumi:pulumi:Stack::podman-nanoclaw-runtime-dev", type: "pulumi:pulumi:Stack", outputs: { logins: secret } }];
    const { status, stderr } = spawnSync("pulumi", ["stack", "import", "--stack", "dev"], { cwd: directory, env, encoding: "utf8", input: JSON.stringify({ ...rest, deployment: { ...deployment, resources } }) });
    expect(status, stderr).toBe(0);
  }

  test.each([["another one", "other"], ["none", undefined]])("in its file is %s: refused by that name, with where to look and how to begin anew", (_, text) => {
    select({});
    expect(refusal(inFile(text), { ANTHROPIC_API_KEY: "sk-real" })).toMatch(/^error: PULUMI_CONFIG_PASSPHRASE_FILE: wanted the passphrase that .*; got another one, or none \(.*PASSPHRASE.*|.*incorrect passphrase\)\. Remedy: nothing was changed: restore `\.state\/passphrase` .* stack rm dev /);
  });

  test("in the environment is another one: refused by that name, although the file's would do", () => {
    select({});
    expect(refusal({ ...inFile("dev"), PULUMI_CONFIG_PASSPHRASE: "other" })).toMatch(/^error: PULUMI_CONFIG_PASSPHRASE: wanted .*`unset PULUMI_CONFIG_PASSPHRASE`/);
    expect(run({}, true, inFile("dev")).status).toBe(0);
  });

  test("where only the state has secrets, for the stack's file is gone: no new key is made up", () => {
    select({});
    upOnce();
    writeFileSync(join(directory, "stacks/Pulumi.dev.yaml"), withStandIn);
    expect(refusal(inFile("other"))).toContain("error: PULUMI_CONFIG_PASSPHRASE_FILE: wanted ");
  });

  test("what the remedy tells for a lost one begins anew, with the stack's settings and a new key", () => {
    select({ CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat" });
    upOnce();
    const [, command = ""] = /`\. \.state\/env\.sh; (pulumi stack rm [^`]+)`/.exec(refusal(inFile("other")))!;
    const env = { ...process.env, PULUMI_BACKEND_URL: `file://${directory}/state`, ...inFile("other") };
    expect(spawnSync("bash", ["-c", command], { cwd: directory, env, encoding: "utf8" })).toMatchObject({ status: 0 });
    expect(run({}, true, inFile("other"))).toMatchObject({ status: 0, stdout: expect.stringContaining("a made-up key") });
    expect(config()).toContain("messagesApi: true");
    expect(config()).not.toContain("claudeCodeOauthToken");
  });
});

test("another failure of Pulumi's is told in its own words, and not taken for an empty stack", () => {
  select({});
  writeFileSync(join(directory, "stacks/Pulumi.dev.yaml"), `${config()}  : [\n`);
  const { status, stdout, stderr } = run({});
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^error: invalid YAML file/);
  expect(stderr).not.toContain("PASSPHRASE");
});
