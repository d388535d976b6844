import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

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

function select(credentials: Record<string, string>, modelAnswers = true): string {
  writeFileSync(join(directory, "programs/curl"), `#!/bin/sh\nexit ${modelAnswers ? 0 : 28}\n`, { mode: 0o755 });
  const env = {
    ...process.env, ANTHROPIC_API_KEY: "", CLAUDE_CODE_OAUTH_TOKEN: "", ...credentials,
    PATH: `${join(directory, "programs")}${delimiter}${process.env["PATH"]}`,
    PULUMI_BACKEND_URL: `file://${directory}/state`, PULUMI_CONFIG_PASSPHRASE: "dev", PULUMI_CONFIG_PASSPHRASE_FILE: "",
  };
  const { status, stdout, stderr } = spawnSync("bash", [join(root, "toolchain/up/select-dev.sh")], { cwd: directory, env, encoding: "utf8" });
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
