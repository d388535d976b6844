import { describe, expect, it } from "vitest";
import { parseConfig } from "./parseConfig.ts";
import { secretRules, secretsForHostsRules } from "./secretRules.ts";
import type { ReadFiles } from "./types.ts";

const files: ReadFiles = { exists: () => true, read: () => "", absolute: (path) => path, agentFault: () => undefined };
const stack = (egress: unknown, rest: Record<string, unknown> = {}) => ({ hosts: { local: { machine: { kind: "vm" }, containers: 1, egress, ...rest } } });
const parse = (egress: unknown, rest?: Record<string, unknown>) => parseConfig(stack(egress, rest), files);
const errors = (egress: unknown) => {
  const parsed = parse(egress);
  return parsed.ok ? [] : parsed.errors;
};
const warnings = (egress: unknown, rest?: Record<string, unknown>) => {
  const parsed = parse(egress, rest);
  return parsed.ok ? parsed.warnings.filter((text) => text.includes("egress")) : [JSON.stringify(parsed.errors)];
};

describe("a list of domains", () => {
  it.each([
    ["https://example.org", "a scheme", "did you mean example.org?"],
    ["example.org/path", "a path", "did you mean example.org?"],
    ["example.org:8443", "a port", "did you mean example.org?"],
    ["*.example.org", "a wildcard", "did you mean .example.org?"],
    ["exam*ple.org", "a wildcard", "write example.org"],
    ["192.0.2.1", "an IP address", "write example.org"],
    ["[2001:db8::1]", "an IP address", "write example.org"],
    ["10.0.0.0/8", "an IP address", "write example.org"],
    ["127.1", "an IP address", "write example.org"],
    ["org", '"org"', "write example.org"],
    ["exa mple.org", '"exa mple.org"', "write example.org"],
    ["", "nothing", "write example.org"],
  ])("refuses %s", (domain, given, remedy) => {
    expect(errors({ allow: ["good.example.org", domain] })).toEqual([
      { field: "hosts.local.egress.allow.1", wanted: "a domain such as example.org or .example.org", given: expect.stringContaining(given), remedy: expect.stringContaining(remedy) },
    ]);
  });

  it("takes exact domains, suffixes, capitals and names of company networks", () => {
    expect(errors({ mode: "allowlist", allow: ["example.org", ".example.org", "Registry.Corp.Example", "a_b.example", "xn--bcher-kva.example"] })).toEqual([]);
  });

  it("that is empty is refused: it is either api-only or unfinished", () => {
    expect(errors({ mode: "allowlist", allow: [] })[0]).toMatchObject({ field: "hosts.local.egress.allow", given: "an empty list", remedy: expect.stringContaining("api-only") });
    expect(errors({ mode: "allowlist", presets: [], allow: [] })).toHaveLength(1);
    expect(errors({ roles: { untrusted: { presets: [] } } })[0]?.field).toBe("hosts.local.egress.roles.untrusted.presets");
    expect(errors({ mode: "api-only", allow: [] })).toEqual([]);
    expect(errors({ mode: "open", allow: [], roles: { untrusted: { mode: "allowlist" } } }).map(({ field }) => field)).toEqual(["hosts.local.egress.allow"]);
    expect(errors({ mode: "open", allow: [], roles: { untrusted: { mode: "allowlist", presets: ["npm"] } } })).toEqual([]);
  });

  it("of a role is checked like the host's", () => {
    expect(errors({ roles: { untrusted: { allow: ["http://x.example"] } } })[0]?.field).toBe("hosts.local.egress.roles.untrusted.allow.0");
  });
});

describe("roles, presets, ports and networks", () => {
  it.each([
    [{ roles: { untrustd: { mode: "none" } } }, "hosts.local.egress.roles.untrustd", "did you mean untrusted?"],
    [{ presets: ["nmp"] }, "hosts.local.egress.presets.0", "names of the table"],
    [{ mode: "closed" }, "hosts.local.egress.mode", "leave it out"],
    [{ connectPorts: [0] }, "hosts.local.egress.connectPorts.0", "443 alone"],
    [{ privateNetworks: ["127.0.0.0/8"] }, "hosts.local.egress.privateNetworks.0", "cannot be opened"],
    [{ privateNetworks: ["169.254.0.0/16"] }, "hosts.local.egress.privateNetworks.0", "cannot be opened"],
    [{ privateNetworks: ["10.0.0.0/7"] }, "hosts.local.egress.privateNetworks.0", "cannot be opened"],
    [{ privateNetworks: ["10.1.2.3"] }, "hosts.local.egress.privateNetworks.0", "give the network"],
    [{ privateNetworks: ["fd00::/1"] }, "hosts.local.egress.privateNetworks.0", "give the network"],
    [{ privateNetworks: ["fd12::1::2/48"] }, "hosts.local.egress.privateNetworks.0", "give the network"],
    [{ privateNetworks: ["fd00::1.2.3.4/120"] }, "hosts.local.egress.privateNetworks.0", "give the network"],
    [{ privateNetworks: ["fd12:3456::/129"] }, "hosts.local.egress.privateNetworks.0", "give the network"],
    [{ privateNetworks: ["fe80::/10"] }, "hosts.local.egress.privateNetworks.0", "cannot be opened"],
    [{ mod: "open" }, "hosts.local.egress.mod", 'did you mean "mode"?'],
  ])("refuses %j", (egress, field, remedy) => {
    expect(errors(egress)).toEqual([expect.objectContaining({ field, remedy: expect.stringContaining(remedy) })]);
  });

  it("takes private networks of both families", () => {
    expect(errors({ privateNetworks: ["10.1.2.0/24", "172.16.0.0/12", "192.168.1.0/24", "fd12:3456::/48", "fd00::/8", "fc00::/7"] })).toEqual([]);
  });
});

it("a role cannot have the name of image builds, whose list is another", () => {
  const parsed = parse({ mode: "allowlist" }, { policy: { roles: { build: { folders: ["x"] } } } });
  expect(parsed.ok ? [] : parsed.errors).toEqual([expect.objectContaining({ field: "hosts.local.policy.roles.build", given: "build", remedy: expect.stringContaining("rename") })]);
});

describe("git", () => {
  const git = (changes: Record<string, unknown>) => ({ mode: "allowlist", git: [{ host: "github.com", repositories: ["owner/name"], ...changes }] });

  it.each([
    [git({ roles: ["main", "untrusted"] }), "roles", "untrusted"],
    [git({ roles: ["mian"] }), "roles", "mian"],
    [git({ host: "https://github.com" }), "host", "a scheme"],
    [git({ repositories: ["owner/name.git"] }), "repositories.0", "owner/name.git"],
    [git({ repositories: ["../x"] }), "repositories.0", "../x"],
  ] as const)("refuses %j", (egress, field, given) => {
    expect(errors(egress)).toEqual([expect.objectContaining({ field: `hosts.local.egress.git.0.${field}`, given: expect.stringContaining(given) })]);
  });

  it("needs a token for each host, and no token without its host", () => {
    const parsed = parse(git({}));
    if (!parsed.ok) throw new Error("refused");
    const rules = (tokens: Record<string, string>) => secretsForHostsRules({ anthropicApiKey: { value: "x", encrypted: true }, gitTokens: { value: tokens, encrypted: true } }, parsed.config);
    expect(rules({ "github.com": "t" })).toEqual([]);
    expect(rules({}).map(({ field, given }) => [field, given])).toEqual([["hosts.local.egress.git.0.host", "none"]]);
    expect(rules({ "github.com": "t", "gitlab.com": "t" }).map(({ field }) => field)).toEqual(["gitTokens.gitlab.com"]);
  });

  it("is warned of when a role has no door for the token", () => {
    expect(warnings({ mode: "open", git: [{ host: "github.com", repositories: ["a/b"], roles: ["main"] }] })).toEqual([expect.stringContaining("the role main has no door")]);
    expect(warnings(git({}))).toEqual([]);
  });
});

it("a credential that would mean something in the proxy's configuration is refused, and not shown", () => {
  for (const value of ['sk"x', "sk$x", "sk;x", "sk{x", "sk\\x"]) {
    expect(secretRules({ anthropicApiKey: { value, encrypted: true } })).toEqual([expect.objectContaining({ field: "anthropicApiKey", given: "something else (not shown)" })]);
  }
  expect(secretRules({ gitTokens: { value: { "github.com": "a b" }, encrypted: true } })[0]).toMatchObject({ field: "gitTokens.github.com", given: "something else (not shown)" });
});

it("a list that has no effect is said at preview", () => {
  expect(warnings({ mode: "open", allow: ["example.org"] })).toEqual([expect.stringContaining("no effect")]);
  expect(warnings({ allow: ["example.org"] }, { profile: "shared" })).toEqual([]);
});
