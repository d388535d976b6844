import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as pulumi from "@pulumi/pulumi";
import { loadConfig } from "./config.ts";
import type { ReadFiles } from "./config/types.ts";

/** The program gets its configuration as the engine gives it: JSON in the environment, with the list of encrypted keys. */
const ns = "podman-nanoclaw-runtime";
const files: ReadFiles = { exists: () => false, read: () => undefined, absolute: (path) => path, agentFault: () => undefined };
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
const privateKey = "-----BEGIN PRIVATE KEY-----\ncanarycanary\n-----END PRIVATE KEY-----\n";
const vm = { local: { machine: { kind: "vm" }, containers: 1 } };
const ssh = { office: { machine: { kind: "ssh", address: "203.0.113.7", user: "ubuntu", hostKey }, containers: 1 } };

beforeEach(() => pulumi.runtime.setMocks({ newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: () => ({}) }, ns, "test"));
afterEach(() => pulumi.runtime.setAllConfig({}));

function load(plain: Record<string, unknown>, encrypted: Record<string, unknown> = {}) {
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
  const all = Object.entries({ ...plain, ...encrypted }).map(([key, value]) => [`${ns}:${key}`, text(value)]);
  pulumi.runtime.setAllConfig(Object.fromEntries(all), Object.keys(encrypted).map((key) => `${ns}:${key}`));
  return loadConfig(files);
}

async function refusal(plain: Record<string, unknown>, encrypted: Record<string, unknown> = {}): Promise<string> {
  const error: unknown = await load(plain, encrypted).then(() => undefined, (thrown: unknown) => thrown);
  expect(pulumi.RunError.isInstance(error)).toBe(true);
  return (error as Error).message;
}

function value<T>(output: pulumi.Output<T> | undefined): Promise<T | undefined> {
  return new Promise((resolve) => (output ? output.apply(resolve) : resolve(undefined)));
}

describe("loading the configuration", () => {
  it("gives plain values and, apart from them, secrets that Pulumi keeps encrypted", async () => {
    const { config, secrets } = await load({ hosts: ssh }, { anthropicApiKey: "canary", sshPrivateKeys: { office: privateKey } });
    expect(JSON.stringify(config)).not.toContain("canary");
    expect(await value(secrets.anthropicApiKey)).toBe("canary");
    expect(await pulumi.isSecret(secrets.anthropicApiKey!)).toBe(true);
    expect(await value(secrets.sshPrivateKey("office"))).toBe(privateKey);
    expect(await pulumi.isSecret(secrets.sshPrivateKey("office")!)).toBe(true);
    expect(secrets.sshPrivateKey("other")).toBeUndefined();
    expect(secrets.sudoPassword("office")).toBeUndefined();
  });

  it("ends with one error without a stack, that lists everything", async () => {
    const message = await refusal({ hosts: { local: { machine: { kind: "vm" }, containers: 0 } }, soruces: {} });
    expect(message.split("\n")).toEqual([
      "The configuration of stack test has 2 errors; nothing was changed.",
      expect.stringMatching(/^ {2}error: hosts\.local\.containers: wanted .*; got 0\. Remedy: /),
      '  error: soruces: wanted a known key; got the unknown key "soruces". Remedy: did you mean "sources"?',
    ]);
  });

  it("refuses a secret in plain text, and does not show it", async () => {
    const message = await refusal({ hosts: vm, anthropicApiKey: "canary" });
    expect(message).toContain("pulumi config set --secret anthropicApiKey");
    expect(message).not.toContain("canary");
  });

  it("refuses a plain key that was encrypted", async () => {
    expect(await refusal({}, { hosts: vm, anthropicApiKey: "x" })).toContain("set hosts without --secret");
  });

  it("refuses both credentials, and none; the stand-in needs none", async () => {
    expect(await refusal({ hosts: vm }, { anthropicApiKey: "a", claudeCodeOauthToken: "b" })).toContain("one credential");
    expect(await refusal({ hosts: vm })).toContain("anthropicApiKey: wanted a credential for the model");
    await expect(load({ hosts: vm, standIns: { messagesApi: true } })).resolves.toBeDefined();
  });

  it("refuses an ssh host without a way to log in, and one with two", async () => {
    expect(await refusal({ hosts: ssh }, { anthropicApiKey: "a" })).toContain("hosts.office.machine.privateKeyFile: wanted one way");
    const agent = { office: { ...ssh.office, machine: { ...ssh.office.machine, agent: true } } };
    await expect(load({ hosts: agent }, { anthropicApiKey: "a" })).resolves.toBeDefined();
    const both = await refusal({ hosts: agent }, { anthropicApiKey: "a", sshPrivateKeys: { office: privateKey } });
    expect(both).toContain("got `agent` and the secret sshPrivateKeys");
  });

  it("refuses secrets for hosts that do not exist, and malformed ones, without showing them", async () => {
    const message = await refusal({ hosts: vm }, { anthropicApiKey: "canary canary", sudoPasswords: { ofice: "canary" }, sshPrivateKeys: { a: "canary" } });
    expect(message).toContain("sshPrivateKeys.a");
    expect(message).toContain("one word without spaces");
    expect(message).not.toContain("canary");
    expect(await refusal({ hosts: ssh }, { anthropicApiKey: "a", sshPrivateKeys: { ofice: privateKey } })).toContain(
      "did you mean sshPrivateKeys.office?",
    );
  });

  it("refuses a sudo password for root, who needs none", async () => {
    const asUser = (user: string) => load({ hosts: { office: { ...ssh.office, machine: { ...ssh.office.machine, user } } } }, { anthropicApiKey: "a", sshPrivateKeys: { office: privateKey }, sudoPasswords: { office: "canary" } });
    const refused: unknown = await asUser("root").catch((error: unknown) => error);
    expect(String(refused)).toMatch(/sudoPasswords\.office: wanted a password for a login user who needs sudo; got one for root.*config rm --path sudoPasswords\.office/);
    expect(String(refused)).not.toContain("canary");
    await expect(asUser("ubuntu")).resolves.toBeDefined();
  });
});
