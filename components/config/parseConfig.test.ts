import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { parseConfig } from "./parseConfig.ts";
import type { ReadFiles } from "./types.ts";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
const privateKey = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n";
const certificate = rootCertificates[0]!;

const texts: Record<string, string> = {
  "~/key": privateKey,
  "~/key.pub": `${hostKey} me@here`,
  "ca.pem": certificate,
  "ca.der": "0\u0082\u0003",
  "nanoclaw.tar.gz": "",
};
const files: ReadFiles = {
  exists: (path) => path in texts,
  read: (path) => texts[path],
  agentFault: () => undefined,
  absolute: (path) => path.replace(/^~/, "/home/me").replace(/^(?!\/)/, "/project/"),
};

const vm = { machine: { kind: "vm" }, containers: 1 };
const ssh = { machine: { kind: "ssh", address: "203.0.113.7", user: "ubuntu", hostKey, privateKeyFile: "~/key" }, containers: 2 };

function errors(raw: unknown) {
  const parsed = parseConfig(raw, files);
  return parsed.ok ? [] : parsed.errors;
}
const fields = (raw: unknown) => errors(raw).map(({ field }) => field);
const config = (raw: unknown) => {
  const parsed = parseConfig(raw, files);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors, null, 1));
  return parsed;
};

describe("a stack's configuration", () => {
  it("fills in every default of the smallest stack", () => {
    const { config: stack, warnings } = config({ hosts: { local: vm } });
    expect(warnings).toEqual([]);
    expect(stack.hosts[0]).toMatchObject({
      name: "local",
      path: "hosts.local",
      machine: { kind: "vm", sshPort: 2222, image: "auto" },
      browser: true,
      cpuOvercommit: 1,
      profile: "personal",
      nanoclaw: {
        version: "1.1.6",
        source: { kind: "git", commit: "d92e1754ca7d2f56f3c1eae1c0c8ce57a3840761" },
        pairing: "whatsapp",
        entryPoint: "dist/index.js",
      },
    });
    expect(stack.anthropic.baseUrl).toBeNull();
  });

  it("makes paths absolute and takes an archive instead of a repository", () => {
    const { config: stack } = config({
      hosts: { office: { ...ssh, nanoclaw: { archive: "nanoclaw.tar.gz", pairing: "none" } } },
      trustedCaCertificates: "ca.pem",
    });
    expect(stack.hosts[0]?.machine).toMatchObject({ privateKeyFile: "/home/me/key", port: 22 });
    expect(stack.hosts[0]?.nanoclaw.source).toEqual({ kind: "archive", path: "/project/nanoclaw.tar.gz", sha256: null });
    expect(stack.trustedCaCertificates).toBe(certificate);
  });

  it.each([
    [0, "0"],
    [1.5, "1.5"],
    [10_000, "10000"],
    [-1, "-1"],
    ["two", '"two"'],
    [undefined, "nothing"],
    [null, "nothing"],
    [[1], "a list"],
  ])("refuses containers: %j and says what is wanted", (containers, given) => {
    expect(errors({ hosts: { local: { ...vm, containers } } })).toEqual([
      {
        field: "hosts.local.containers",
        wanted: "a whole number from 1 to 64",
        given,
        remedy: expect.stringContaining("how many agents may work at the same time"),
      },
    ]);
  });

  it("reports everything that is wrong at once, one error per field", () => {
    const found = fields({
      hosts: {
        Bad: { machine: { kind: "vm", sshPort: 22 }, containers: 0 },
        office: { machine: { kind: "ssh", address: "ssh://x", privateKeyFile: "~/none", hostKey: "AAAA" }, contianers: 2 },
      },
      anthropic: { baseUrl: "http://example.org" },
      trustedCaCertificates: "ca.der",
    });
    expect(found.sort()).toEqual([
      "anthropic.baseUrl",
      "hosts.Bad",
      "hosts.Bad.containers",
      "hosts.Bad.machine.sshPort",
      "hosts.office.containers",
      "hosts.office.contianers",
      "hosts.office.machine.address",
      "hosts.office.machine.hostKey",
      "hosts.office.machine.privateKeyFile",
      "hosts.office.machine.user",
      "trustedCaCertificates",
    ]);
  });

  it.each([
    [{ hosts: { local: { ...vm, contianers: 1 } } }, "hosts.local.contianers", 'did you mean "containers"?'],
    [{ hosts: { local: { ...vm, machine: { kind: "vm", memoryMib: 1 } } } }, "hosts.local.machine.memoryMib", 'did you mean "memoryMiB"?'],
    [{ hosts: { local: vm }, source: {} }, "source", 'did you mean "sources"?'],
  ])("refuses an unknown key with the nearest known one (%#)", (raw, field, remedy) => {
    expect(errors(raw)).toEqual([{ field, wanted: "a known key", given: expect.stringContaining("unknown key"), remedy }]);
  });

  it("never shows the value of an unknown key, nor one that looks like a credential", () => {
    const secret = "sk-ant-api03-canary";
    const shown = JSON.stringify(
      errors({
        hosts: { office: { ...ssh, password: secret, timezone: secret, environment: { A_TOKEN: secret, B: `x\n${secret}` } } },
        sources: { npmRegistry: "https://me:canary@example.org/" },
        anthropic: { baseUrl: "https://canary@example.org" },
      }),
    );
    expect(shown).toContain("not shown");
    expect(shown).not.toContain("canary");
  });

  it.each([{}, undefined, null, "x", { hosts: {} }, { hosts: "x" }, { hosts: [] }])("refuses a stack without hosts: %j", (raw) => {
    expect(fields(raw)).toEqual(["hosts"]);
  });
});

describe("defaults", () => {
  it("reach every host, and a host's own field wins", () => {
    const { config: stack } = config({
      defaults: { containers: 3, browser: false },
      hosts: { a: { machine: { kind: "vm" } }, b: { machine: { kind: "vm", sshPort: 2223 }, containers: 1 } },
    });
    expect(stack.hosts.map(({ containers, browser }) => [containers, browser])).toEqual([
      [3, false],
      [1, false],
    ]);
  });

  it("report a mistake once, where it was made", () => {
    expect(fields({ defaults: { containers: 0, brwser: true }, hosts: { a: { machine: { kind: "vm" } } } })).toEqual([
      "defaults.containers",
      "defaults.brwser",
    ]);
  });
});
