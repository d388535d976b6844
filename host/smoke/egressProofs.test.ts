import { describe, expect, it } from "vitest";
import type { SmokeSettings } from "../../contract/settings.ts";
import { apiSaid, egressRows, type EgressFacts } from "./egressProofs.ts";
import type { EgressProbeFacts } from "./egressFacts.ts";

const settings = (mode: string, listed: object | null = { host: "example.org", port: 443, tls: true }) => ({ egress: { mode, role: "untrusted", folder: "smoke", listed, apiHost: "api.example", someOpen: mode === "open" || mode === "mixed" } }) as SmokeSettings;
const probe: EgressProbeFacts = {
  interfaces: ["lo"],
  direct: { "192.0.2.10:443": "ENETUNREACH", "169.254.169.254:80": "ENETUNREACH", "fd00:ec2::254:80": "EADDRNOTAVAIL" },
  dns: "EAI_AGAIN",
  doors: { "api.sock": 7, "web.sock": 8 },
  opened: { "api.sock": "connected", "web.sock": "connected" },
  refused: { "x.invalid:443": "403", "169.254.169.254:443": "403" },
  listed: "TLS",
  api: "200",
  environment: { ANTHROPIC_API_KEY: "placeholder" },
};
const good: EgressFacts = { probe, asked: {} as never, ownDoors: { "api.sock": 7, "web.sock": 8 }, credential: "sk-real", logged: true, metadata: ["ECONNREFUSED", "ENETUNREACH"], metadataRefusals: [3, 5] };
const judge = (name: string, facts: Partial<Omit<EgressFacts, "probe">> & { probe?: Partial<EgressProbeFacts> } = {}) => {
  const row = egressRows.find((one) => one.name === name)!;
  return row.judge({ ...good, ...facts, probe: { ...probe, ...facts.probe } }, settings("allowlist"));
};
const namesFor = (mode: string, listed?: object | null) => egressRows.filter((row) => row.applies?.(settings(mode, listed)) ?? true).map(({ name }) => name);

describe("the proofs of a mode", () => {
  it("are those that belong to it", () => {
    expect(namesFor("open")).toEqual(["egress-metadata-blocked"]);
    expect(namesFor("mixed"), "another role is open").toContain("egress-metadata-blocked");
    expect(namesFor("none")).toEqual(["egress-no-network", "egress-no-dns", "egress-own-doors"]);
    expect(namesFor("api-only")).toEqual(["egress-no-network", "egress-no-dns", "egress-own-doors", "egress-api", "egress-placeholder"]);
    expect(namesFor("allowlist")).toEqual([...namesFor("api-only"), "egress-allowed", "egress-refused", "egress-logged"]);
    expect(namesFor("allowlist", null)).not.toContain("egress-allowed");
  });

  it("hold on a host that does as it says", () => {
    for (const name of namesFor("allowlist")) expect(judge(name), name).toMatchObject({ ok: true });
    expect(judge("egress-metadata-blocked")).toMatchObject({ ok: true });
  });
});

describe("a proof fails when", () => {
  it.each([
    ["egress-no-network", { probe: { direct: { "192.0.2.10:443": "connected" } } }, "192.0.2.10:443: connected"],
    ["egress-no-network", { probe: { direct: { "192.0.2.10:443": "ETIMEDOUT" } } }, "ETIMEDOUT"],
    ["egress-no-network", { probe: { direct: { "10.0.2.15:22": "ECONNREFUSED" } } }, "ECONNREFUSED"],
    ["egress-no-network", { probe: { interfaces: ["lo", "tap0"] } }, "tap0: an interface"],
    ["egress-no-dns", { probe: { dns: "192.0.2.1" } }, "192.0.2.1"],
    ["egress-own-doors", { probe: { doors: { "api.sock": 9, "web.sock": 8 } } }, "api.sock of another"],
    ["egress-own-doors", { probe: { doors: { "api.sock": 7 } } }, "no web.sock"],
    ["egress-own-doors", { ownDoors: {} }, "of another"],
    ["egress-own-doors", { probe: { opened: { "api.sock": "ECONNREFUSED", "web.sock": "connected" } } }, "api.sock: ECONNREFUSED"],
    ["egress-api", { probe: { api: "401" } }, "credential refused by the API (401)"],
    ["egress-api", { probe: { api: "ECONNREFUSED" } }, "status ECONNREFUSED"],
    ["egress-api", { probe: { api: null } }, "no door"],
    ["egress-placeholder", { probe: { environment: { ANTHROPIC_API_KEY: "sk-other" } } }, "not shown"],
    ["egress-placeholder", { probe: { environment: {} } }, "not shown"],
    ["egress-placeholder", { probe: { environment: { ANTHROPIC_API_KEY: "placeholder", OTHER: "x sk-real y" } } }, "the credential itself"],
    ["egress-allowed", { probe: { listed: "503" } }, "503"],
    ["egress-refused", { probe: { refused: { "x.invalid:443": "403", "127.0.0.1:443": "200" } } }, "127.0.0.1:443: 200"],
    ["egress-refused", { probe: { refused: {} } }, "403 for 0"],
    ["egress-logged", { logged: false }, "not among"],
    ["egress-metadata-blocked", { metadata: ["connected", "no connection"] }, "connected"],
    ["egress-metadata-blocked", { metadataRefusals: [3, 3] as const }, "0 refusals"],
  ])("%s: %j", (name, facts, got) => {
    expect(judge(name, facts)).toEqual({ ok: false, got: expect.stringContaining(got) });
  });

  it("the credential is wrong, and says so whatever else", () => {
    expect([apiSaid("401"), apiSaid("502"), apiSaid("429")]).toEqual(["credential refused by the API (401)", "nginx cannot reach the API (502)", "status 429"]);
  });

  it("the credential leaks, and does not repeat it", () => {
    expect(judge("egress-placeholder", { probe: { environment: { ANTHROPIC_API_KEY: "sk-real" } } }).got).not.toContain("sk-real");
  });
});
