import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { policyWith, runOf } from "./testPolicy.ts";

const program = new URL("./main.ts", import.meta.url).pathname;
const check = (args: readonly string[], input = ""): { status: number | null; stdout: string; stderr: string } => spawnSync(process.execPath, [program, "check", ...args], { input, encoding: "utf8" });

test("check prints the decision about a policy's file and exits with 0 either way", () => {
  const directory = mkdtempSync(join(tmpdir(), "guard-check-"));
  writeFileSync(join(directory, "policy.json"), JSON.stringify(policyWith()));
  const stdin = JSON.stringify({ prompt: "hi", secrets: { GITHUB_TOKEN: "git-1" } });
  const allowed = check(["--policy", join(directory, "policy.json"), "--", ...runOf("family")], stdin);
  expect(allowed.status).toBe(0);
  expect(JSON.parse(allowed.stdout)).toMatchObject({ allowed: true, rule: "allow", stdin: '{"prompt":"hi","secrets":{}}' });
  const refused = check(["--policy", join(directory, "policy.json"), "--", "run", "--privileged", "nanoclaw-agent:latest"]);
  expect(refused.status).toBe(0);
  expect(JSON.parse(refused.stdout)).toMatchObject({ allowed: false, rule: "privileged", argv: null });
  rmSync(directory, { recursive: true });
});

test("check needs no policy when a profile, a role and a root are given", () => {
  const { stdout } = check(["--profile", "untrusted", "--role", "untrusted", "--root", "/nonexistent/r", "--", ...runOf("x", [], "/nonexistent/r")]);
  expect(JSON.parse(stdout)).toMatchObject({ allowed: true, argv: expect.arrayContaining(["--network=none", "--log-driver=none"]) });
});

test.each([[[]], [["--profile", "nobody", "--", "ps"]], [["--profile", "personal", "--role", "nobody", "--", "ps"]], [["--unheard-of", "--", "ps"]]])("check says how it is used when it is not understood: %j", (args) => {
  const { status, stdout, stderr } = check(args);
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("usage: nanoclaw-guard check");
});

test("without its policy the guard refuses everything with docker's own status", () => {
  const { status, stderr } = spawnSync(process.execPath, [program, "info"], { encoding: "utf8" });
  expect(status).toBe(125);
  expect(stderr).toMatch(/nanoclaw-guard: refused docker info: \/etc\/nanoclaw\/guard\.json: wanted .+; got .+\. Remedy: .+ \[rule policy-unreadable; policy/);
});
