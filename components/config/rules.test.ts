import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { parseConfig } from "./parseConfig.ts";
import type { ReadFiles } from "./types.ts";

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
const opensshKey = (cipher: string) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(cipher.length);
  const body = Buffer.concat([Buffer.from("openssh-key-v1\0"), length, Buffer.from(cipher), Buffer.alloc(8)]).toString("base64");
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`;
};
const texts: Record<string, string> = {
  key: opensshKey("none"),
  "key.pub": hostKey,
  locked: opensshKey("aes256-ctr"),
  "locked.pem": "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
  "ca.pem": `a company\n${rootCertificates[0]}\n${rootCertificates[1]}\n`,
  "ca-with-key.pem": `${rootCertificates[0]}\n-----BEGIN PRIVATE KEY-----\n`,
  "ca-of-words.pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  "ca-without-end.pem": "-----BEGIN CERTIFICATE-----\nAAAA",
  "ca-second-cut.pem": `${rootCertificates[0]}\n${rootCertificates[1]!.slice(0, 400)}`,
};
const files: ReadFiles = { exists: (path) => path in texts, read: (path) => texts[path], absolute: (path) => path, agentFault: () => undefined };

const machine = { kind: "ssh", address: "host.example.org", user: "ubuntu", hostKey, privateKeyFile: "key" };
const office = (changes: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) => ({
  hosts: { office: { machine: { ...machine, ...changes }, containers: 2, ...rest } },
});
const parse = (raw: unknown) => parseConfig(raw, files);
const errors = (raw: unknown) => {
  const parsed = parse(raw);
  return parsed.ok ? [] : parsed.errors;
};
const warnings = (raw: unknown) => {
  const parsed = parse(raw);
  return parsed.ok ? parsed.warnings : ["refused"];
};

describe("an ssh machine", () => {
  it("needs a host key, or the words that it is not verified, which are a warning then", () => {
    expect(errors(office({ hostKey: undefined }))).toEqual([
      expect.objectContaining({ field: "hosts.office.machine.hostKey", remedy: expect.stringContaining("npm run host-key") }),
    ]);
    const open = office({ hostKey: undefined, hostKeyNotVerified: "I accept any host key" });
    expect(warnings(open)).toEqual([expect.stringContaining("host key of host.example.org is not verified")]);
    expect(errors(office({ hostKeyNotVerified: "I accept any host key" }))[0]?.given).toContain("both");
    expect(errors(office({ hostKey: undefined, hostKeyNotVerified: "yes" })).map(({ field }) => field)).toContain(
      "hosts.office.machine.hostKeyNotVerified",
    );
  });

  it("with `agent: true` needs an SSH agent that can be asked", () => {
    const agent = office({ privateKeyFile: undefined, agent: true });
    expect(errors(agent)).toEqual([]);
    const parsed = parseConfig(agent, { ...files, agentFault: () => "SSH_AUTH_SOCK is not set" });
    expect(parsed.ok ? [] : parsed.errors).toEqual([expect.objectContaining({ field: "hosts.office.machine.agent", given: "SSH_AUTH_SOCK is not set", remedy: expect.stringContaining("ssh-add") })]);
    expect(parseConfig(office(), { ...files, agentFault: () => "SSH_AUTH_SOCK is not set" }).ok).toBe(true);
  });

  it("needs a host key for its bastion too", () => {
    expect(errors(office({ bastion: { address: "b.example.org", user: "jump" } }))[0]?.field).toBe(
      "hosts.office.machine.bastion.hostKey",
    );
  });

  it.each([
    ["key.pub", "a public key"],
    ["locked", "a private key with a passphrase"],
    ["locked.pem", "a private key with a passphrase"],
    ["ca-with-key.pem", "something that is not a private key"],
    ["none", "cannot be read"],
  ])("refuses %s as its private key", (privateKeyFile, given) => {
    expect(errors(office({ privateKeyFile }))).toEqual([
      expect.objectContaining({ field: "hosts.office.machine.privateKeyFile", given: expect.stringContaining(given) }),
    ]);
  });
});

describe("hosts of one stack", () => {
  it("must not be one machine", () => {
    const two = { hosts: { a: office().hosts.office, b: office({ address: "HOST.example.org" }).hosts.office } };
    expect(errors(two)).toEqual([expect.objectContaining({ field: "hosts.b.machine.address", given: expect.stringContaining("hosts.a") })]);
    expect(errors({ hosts: { a: office().hosts.office, b: office({ port: 2200 }).hosts.office } })).toEqual([]);
  });

  it("must not share a VM's port", () => {
    const vm = { machine: { kind: "vm" }, containers: 1 };
    expect(errors({ hosts: { a: vm, b: vm } })).toEqual([
      expect.objectContaining({ field: "hosts.b.machine.sshPort", remedy: "give this VM another port, such as 2223" }),
    ]);
  });
});

describe("a vm machine", () => {
  it("is refused before it is made when it is too small for N, with the N that fits", () => {
    const small = { machine: { kind: "vm", memoryMiB: 6144, cpus: 8 }, containers: 2 };
    expect(errors({ hosts: { local: small } })).toEqual([
      {
        field: "hosts.local.machine.memoryMiB",
        wanted: "at least 10240 MiB for containers: 2",
        given: "6144 MiB",
        remedy: "leave it out, so that it follows from `containers`, or set `containers: 1`, which fits",
      },
    ]);
  });
});

describe("NanoClaw's source", () => {
  it.each([
    [{ archive: "key", commit: "a".repeat(40) }, "archive", "a commit"],
    [{ archive: "none" }, "archive", "cannot be read"],
    [{ archiveSha256: "0".repeat(64) }, "archiveSha256", "a checksum alone"],
    [{ repository: "https://example.org/fork.git" }, "commit", "nothing"],
    [{ commit: "main" }, "commit", '"main"'],
    [{ version: "1.1.7" }, "version", '"1.1.7"'],
    [{ repository: "https://me:token@example.org/x.git", commit: "a".repeat(40) }, "repository", "not shown"],
  ])("refuses %j", (nanoclaw, field, given) => {
    expect(errors(office({}, { nanoclaw }))).toEqual([
      expect.objectContaining({ field: `hosts.office.nanoclaw.${field}`, given: expect.stringContaining(given) }),
    ]);
  });
});

describe("the environment", () => {
  it.each([
    ["ANTHROPIC_API_KEY", "pulumi config set --secret anthropicApiKey"],
    ["TELEGRAM_BOT_TOKEN", "remove it"],
    ["MAX_CONCURRENT_CONTAINERS", "set `containers`"],
    ["PATH", "which programs run"],
    ["NODE_OPTIONS", "which programs run"],
    ["CONTAINER_HOST", "which programs run"],
    ["log_level", "did you mean LOG_LEVEL?"],
    ["A B", "write it as NanoClaw does"],
  ])("refuses %s with a remedy", (name, remedy) => {
    expect(errors(office({}, { environment: { [name]: "canary" } }))).toEqual([
      expect.objectContaining({ field: `hosts.office.environment.${name}`, remedy: expect.stringContaining(remedy) }),
    ]);
  });

  it("takes YAML's numbers and booleans as they are written", () => {
    const parsed = parse(office({}, { environment: { IDLE_TIMEOUT: 300000, ASSISTANT_HAS_OWN_NUMBER: true } }));
    expect(parsed.ok && parsed.config.hosts[0]?.environment).toEqual({ IDLE_TIMEOUT: "300000", ASSISTANT_HAS_OWN_NUMBER: "true" });
  });
});

describe("the model's address", () => {
  it("may be http on loopback only, with a warning", () => {
    expect(errors({ ...office(), anthropic: { baseUrl: "http://gateway.example.org" } })[0]?.field).toBe("anthropic.baseUrl");
    expect(warnings({ ...office(), anthropic: { baseUrl: "http://127.0.0.1:4000" } })).toEqual([expect.stringContaining("not encrypted")]);
  });

  it.each(["https://10.1.2.3", "https://0x0a010203", "https://[fd12::1]:8443/x", "https://127.0.0.1:4000", "https://localhost"])("must have a name that a certificate can hold, unlike %s", (baseUrl) => {
    expect(errors({ ...office(), anthropic: { baseUrl } })).toEqual([expect.objectContaining({ field: "anthropic.baseUrl", wanted: expect.stringContaining("host name"), remedy: expect.stringContaining("a name that its certificate holds") })]);
  });

  it.each(['https://a$";b.example', "https://a;b.example", "https://a'b.example", "https://a{b}.example", "https://ex*mple.org"])("is refused when its host is no plain name: %s", (baseUrl) => {
    expect(errors({ ...office(), anthropic: { baseUrl } }).map(({ field }) => field)).toEqual(["anthropic.baseUrl"]);
  });

  it("is refused beside the stand-in that replaces it", () => {
    const both = { ...office(), anthropic: { baseUrl: "https://gateway.example.org" }, standIns: { messagesApi: true } };
    expect(errors(both)[0]).toMatchObject({ field: "anthropic.baseUrl", remedy: expect.stringContaining("remove") });
  });
});

it("a CA file with a private key, or with a certificate that is none, is refused", () => {
  const given = (trustedCaCertificates: string) => errors({ ...office(), trustedCaCertificates })[0]?.given;
  expect(given("ca.pem")).toBeUndefined();
  expect(given("ca-with-key.pem")).toContain("a private key");
  for (const file of ["ca-of-words.pem", "ca-without-end.pem", "ca-second-cut.pem"]) expect(given(file), file).toContain("cut off or damaged");
});
