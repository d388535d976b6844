import { createServer } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BUILD_ROLE, EGRESS_MODES, webPortOf } from "../../contract/egress.ts";
import { withEgress } from "../../contract/egressPolicy.ts";
import type { GuardPolicy } from "../../contract/policy.ts";
import { checkDoors, hostDoors } from "./egress.ts";
import { Refusal } from "./refusal.ts";
import { decideOn, policyWith, runOf } from "./testPolicy.ts";

const key = "sk-ant-canary";
const request = JSON.stringify({ groupFolder: "family", secrets: { ANTHROPIC_API_KEY: key, ANTHROPIC_BASE_URL: "https://gateway.example" } });
const inMode = (mode: (typeof EGRESS_MODES)[number]): GuardPolicy => withEgress(policyWith(), { mode });
const doors = "/run/nanoclaw-egress/untrusted:/run/egress:ro";

test.each(["allowlist", "api-only"] as const)("%s: no network, the role's doors, and placeholders for what the proxy adds", (mode) => {
  const { argv, stdin } = decideOn(inMode(mode), runOf("family", ["-e", `ANTHROPIC_API_KEY=${key}`]), request);
  expect(argv).toEqual(expect.arrayContaining(["--network=none", "--no-hosts", doors, "--env=ANTHROPIC_BASE_URL=http://127.0.0.1:8088", "--env=ANTHROPIC_API_KEY=placeholder"]));
  expect(JSON.parse(stdin!).secrets).toEqual({ ANTHROPIC_API_KEY: "placeholder", ANTHROPIC_BASE_URL: "http://127.0.0.1:8088" });
  expect(argv!.includes("--env=https_proxy=http://127.0.0.1:3128")).toBe(mode === "allowlist");
});

test.each(["open", "none"] as const)("%s: no door is mounted and no proxy named", (mode) => {
  const argv = decideOn(inMode(mode), runOf("family"), request).argv!;
  expect(argv).toContain(mode === "open" ? "--network=private" : "--network=none");
  expect(argv.filter((word) => /egress|PROXY|8088/.test(word))).toEqual([]);
});

test("without any network nothing of a secret enters either, whether the policy or the caller says none", () => {
  const more = ["-e", `ANTHROPIC_API_KEY=${key}`];
  for (const decision of [decideOn(inMode("none"), runOf("family", more), request), decideOn(inMode("api-only"), runOf("family", [...more, "--network", "none"]), request), decideOn(inMode("open"), runOf("family", [...more, "--network", "none"]), request)]) {
    expect(decision.argv).toContain("--env=ANTHROPIC_API_KEY=placeholder");
    expect(JSON.parse(decision.stdin!).secrets.ANTHROPIC_API_KEY).toBe("placeholder");
    expect(JSON.stringify(decision)).not.toContain(key);
  }
});

test("open: the agent has the real credential, for nothing else would add it", () => {
  expect(JSON.parse(decideOn(inMode("open"), runOf("family"), request).stdin!).secrets.ANTHROPIC_API_KEY).toBe(key);
});

test("what the caller says about proxies comes first, so that what the guard says holds", () => {
  const argv = decideOn(inMode("allowlist"), runOf("family", ["-e", "HTTPS_PROXY=http://elsewhere", "-e", "ANTHROPIC_BASE_URL=http://elsewhere"]), request).argv!;
  for (const name of ["HTTPS_PROXY", "ANTHROPIC_BASE_URL"]) expect(argv.findLast((word) => word.startsWith(`--env=${name}=`))).toContain("127.0.0.1");
});

test("a caller that asks for no network gets no door either", () => {
  expect(decideOn(inMode("allowlist"), runOf("family", ["--network=none"]), request).argv).not.toContain(doors);
});

test("an OAuth token has its own placeholder", () => {
  const policy = withEgress(policyWith(), { mode: "api-only", credential: "CLAUDE_CODE_OAUTH_TOKEN" });
  const argv = decideOn(policy, runOf("family"), request).argv!;
  expect(argv).toContain("--env=CLAUDE_CODE_OAUTH_TOKEN=placeholder");
  expect(argv.some((word) => word.includes("ANTHROPIC_API_KEY"))).toBe(false);
});

test("a role may have another mode than its host, and git repositories of its own", () => {
  const policy = withEgress(policyWith(), { mode: "open", roles: { untrusted: { mode: "api-only" } }, git: [{ repositories: ["github.com/a/b"], roles: ["trusted", "main"] }] });
  expect(policy.roles.map(({ name, network, gitRepositories }) => [name, network, gitRepositories])).toEqual([
    ["main", "open", ["github.com/a/b"]],
    ["trusted", "open", ["github.com/a/b"]],
    ["untrusted", "api-only", []],
  ]);
  const trusted = withEgress(policyWith(), { mode: "allowlist", git: [{ repositories: ["github.com/a/b"], roles: ["trusted"] }] });
  expect(decideOn(trusted, runOf("jarvis-worker-1")).argv).toEqual(
    expect.arrayContaining(["--env=GIT_CONFIG_COUNT=1", "--env=GIT_CONFIG_KEY_0=url.http://127.0.0.1:8089/github.com/a/b.insteadOf", "--env=GIT_CONFIG_VALUE_0=https://github.com/a/b"]),
  );
  expect(decideOn(trusted, runOf("family")).argv!.join(" ")).not.toContain("GIT_CONFIG");
});

test("builds through the guard have no network as soon as one role has none", () => {
  expect(inMode("open").build.network).toBe("open");
  for (const mode of ["allowlist", "api-only", "none"] as const) expect(inMode(mode).build.network, mode).toBe("none");
  expect(withEgress(policyWith(), { mode: "open", roles: { untrusted: { mode: "none" } } }).build.network).toBe("none");
});

const refusal = (policy: GuardPolicy, open: { socket: boolean; port: boolean; hello?: boolean }): string => {
  try {
    checkDoors(policy, policy.roles.at(-1)!, { socket: () => open.socket, port: (port) => (port >= webPortOf("main", []) + 64 ? (open.hello ?? true) : open.port) });
    return "allowed";
  } catch (error) {
    return (error as Refusal).message;
  }
};

test("a run whose way out is shut is refused with the unit's name", () => {
  expect(refusal(inMode("allowlist"), { socket: true, port: true })).toBe("allowed");
  expect(refusal(inMode("allowlist"), { socket: false, port: true })).toContain("nanoclaw-gateway.service: wanted to be running");
  expect(refusal(inMode("allowlist"), { socket: true, port: false })).toContain("nanoclaw-web.service: wanted to be running");
  expect(refusal(inMode("allowlist"), { socket: true, port: true, hello: false })).toContain("nanoclaw-hello.service: wanted to be running");
  expect(refusal(inMode("api-only"), { socket: true, port: false })).toBe("allowed");
  expect(refusal(inMode("open"), { socket: false, port: false })).toBe("allowed");
});

test("the kernel's lists say who listens: a socket, a port, and neither when it is closed", async () => {
  const directory = mkdtempSync(join(tmpdir(), "doors-"));
  const path = join(directory, "api.sock");
  const [socket, tcp] = [createServer(), createServer()];
  await new Promise<void>((resolve) => socket.listen(path, resolve));
  await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
  const { port } = tcp.address() as { port: number };
  expect([hostDoors.socket(path), hostDoors.port(port)]).toEqual([true, true]);
  expect(hostDoors.socket(`${path}x`)).toBe(false);
  await Promise.all([socket, tcp].map((server) => new Promise((resolve) => server.close(resolve))));
  expect([hostDoors.socket(path), hostDoors.port(port)]).toEqual([false, false]);
  rmSync(directory, { recursive: true });
});

test("each role has a port of its own", () => {
  const roles = ["main", "trusted", ...Array.from({ length: 29 }, (_, index) => `lane-${index}`), "untrusted"];
  const ports = [...roles, BUILD_ROLE].map((name) => webPortOf(name, roles));
  expect(new Set(ports).size).toBe(33);
  expect([Math.min(...ports), Math.max(...ports)]).toEqual([13128, 13160]);
});

test("a role that is added leaves the ports of the others as they are, so that no running agent is cut off", () => {
  const before = ["main", "trusted", "family", "untrusted"];
  const after = ["main", "work", "trusted", "family", "untrusted"];
  for (const name of [...before, BUILD_ROLE]) expect(webPortOf(name, after), name).toBe(webPortOf(name, before));
});
