import { rootCertificates } from "node:tls";
import { expect, test } from "vitest";
import { EGRESS_PRESETS, listedDomains, presetNames } from "../contract/egressPresets.ts";
import type { EgressSettings, SmokeEgress } from "../contract/settings.ts";
import { parseConfig } from "./config/parseConfig.ts";
import { egressChoice, egressSettings, hasOpenRole, needsDoors, smokeEgress } from "./egressSettings.ts";
import { hostPolicy } from "./hostSettings.ts";
import { sizeHost } from "./sizing.ts";

function settingsOf(host: Record<string, unknown>, stack: Record<string, unknown> = {}, pem = ""): Omit<EgressSettings, "credential" | "gitTokens"> & { open: boolean; doors: boolean; smoke: SmokeEgress } {
  const raw = { hosts: { local: { machine: { kind: "vm" }, containers: 2, ...host } }, ...stack };
  const parsed = parseConfig(raw, { exists: () => true, read: () => pem, absolute: (path) => path, agentFault: () => undefined });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const [config] = parsed.config.hosts;
  const policy = hostPolicy(config!, sizeHost(config!), egressChoice(config!.egress, undefined));
  return { ...egressSettings(config!, parsed.config, policy), open: hasOpenRole(policy), doors: needsDoors(policy), smoke: smokeEgress(config!, parsed.config, policy) };
}
const certificate = rootCertificates[0]!;
const role = (settings: ReturnType<typeof settingsOf>, name: string) => settings.roles.find((one) => one.name === name)!;

test.each([
  ["personal", true, false],
  ["shared", false, true],
  ["production", false, true],
  ["untrusted", false, true],
])("the profile %s decides whether roles have a network (%s) or doors (%s)", (profile, open, doors) => {
  expect(settingsOf({ profile })).toMatchObject({ open, doors });
});

test("an allowlist that names nothing lists package registries and documentation, and never the API itself", () => {
  const { domains } = role(settingsOf({ egress: { mode: "allowlist" } }), "main").web!;
  expect(domains).toContain("registry.npmjs.org");
  expect(Object.values(EGRESS_PRESETS).flatMap(({ domains }): readonly string[] => domains)).not.toContain("api.anthropic.com");
});

test("a role's own list stands instead of the host's, and each role has a port of its own", () => {
  const settings = settingsOf({ egress: { mode: "allowlist", allow: ["host.example"], roles: { untrusted: { allow: ["role.example"] }, trusted: { mode: "api-only" } } } });
  expect(role(settings, "main").web!.domains).toEqual(["host.example"]);
  expect(role(settings, "untrusted").web!.domains).toEqual(["role.example"]);
  expect(role(settings, "trusted")).toMatchObject({ api: true, web: null });
  const ports = settings.roles.flatMap(({ web }) => web?.port ?? []);
  expect(new Set(ports).size).toBe(ports.length);
});

test("image builds have packages and mirrors, whatever agents have, and never the model", () => {
  const build = role(settingsOf({ egress: { mode: "api-only" } }, { sources: { npmRegistry: "https://npm.corp.example:8443/repo/", aptMirror: "http://apt.corp.example/debian" } }), "build");
  expect(build.api).toBe(false);
  expect(build.web!.domains).toEqual(expect.arrayContaining(["deb.debian.org", "npm.corp.example", "apt.corp.example"]));
  expect(build.web!.mirrors).toEqual([{ host: "npm.corp.example", port: 8443 }]);
});

test("other certificates of the stack run the step again, so that the credential proxy reads the host's bundle anew", () => {
  const trusts = (pem: string) => settingsOf({}, { trustedCaCertificates: "ca.pem" }, pem).trusts;
  expect(settingsOf({}).trusts).toBeNull();
  expect(trusts(certificate)).toMatch(/^[0-9a-f]{64}$/);
  expect(trusts(`${certificate}\n${certificate}`)).not.toBe(trusts(certificate));
});

test("the upstream is the stack's gateway, in the parts that the proxy needs", () => {
  expect(settingsOf({}, {}).upstream).toEqual({ scheme: "https", host: "api.anthropic.com", authority: "api.anthropic.com", port: 443, path: "" });
  expect(settingsOf({}, { anthropic: { baseUrl: "https://llm.corp.example:8443/anthropic/" } }).upstream).toEqual({ scheme: "https", host: "llm.corp.example", authority: "llm.corp.example:8443", port: 8443, path: "/anthropic" });
  expect(settingsOf({}, { anthropic: { baseUrl: "http://localhost:4000" } }).upstream).toMatchObject({ scheme: "http", host: "127.0.0.1", port: 4000 });
  expect(settingsOf({}, { standIns: { messagesApi: true } }).upstream).toMatchObject({ scheme: "http", host: "192.0.2.1", port: 8080 });
});

test.each([
  [{ allow: [".example.org", "First.example"] }, {}, { host: "first.example", port: 443, tls: true }],
  [{ presets: ["npm"] }, { npmRegistry: "https://npm.corp.example:8443/repo/" }, { host: "npm.corp.example", port: 8443, tls: true }],
  [{ presets: ["npm"] }, { npmRegistry: "http://npm.corp.example/repo/" }, { host: "npm.corp.example", port: 80, tls: false }],
  [{ allow: ["npm.corp.example"], presets: ["npm"] }, { npmRegistry: "http://npm.corp.example:4873/" }, { host: "npm.corp.example", port: 4873, tls: false }],
  [{ allow: [".example.org"] }, {}, null],
])("the proof asks a listed server in the way that it answers: %j with sources %j", (lists, sources, listed) => {
  expect(settingsOf({ egress: { mode: "allowlist", ...lists } }, { sources }).smoke.listed).toEqual(listed);
});

test("the firewall is proved whichever role has a network", () => {
  expect(settingsOf({ egress: { mode: "api-only" } }).smoke).toMatchObject({ mode: "api-only", someOpen: false });
  expect(settingsOf({ egress: { mode: "api-only", roles: { main: { mode: "open" } } } }).smoke).toMatchObject({ mode: "api-only", someOpen: true });
});

test("git repositories go to the roles that are named, when those have a door", () => {
  const git = [{ host: "github.com", repositories: ["a/b"], roles: ["main", "trusted"] }];
  const settings = settingsOf({ egress: { mode: "api-only", roles: { main: { mode: "open" } }, git } });
  expect(settings.roles.map(({ name, gitRepositories }) => [name, gitRepositories])).toEqual([["main", []], ["trusted", ["github.com/a/b"]], ["untrusted", []], ["build", []]]);
});

test("a domain below a listed suffix is left out, because squid wants each name once", () => {
  expect(listedDomains([], [".example.org", "example.org", "a.example.org", ".b.example.org", "notexample.org", "EXAMPLE.net"])).toEqual([".example.org", "example.net", "notexample.org"]);
});

test("no preset says a name twice or anything but domains", () => {
  for (const name of presetNames) {
    const { domains } = EGRESS_PRESETS[name];
    expect(new Set(domains).size).toBe(domains.length);
    for (const domain of domains) expect(domain).toMatch(/^\.?([a-z0-9-]+\.)+[a-z]+$/);
  }
});
