import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isPublicKey, privateKeyFault } from "../../components/config/formats.ts";
import { serveConsoles } from "../standins/pulumi-resource-aws/consoleApi.ts";

/** The two programs that the engine runs for an EC2 host's keys, the one for the host key against a stand-in of EC2's API. */
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
const directory = mkdtempSync(join(tmpdir(), "nanoclaw-consoles-"));
const printed = `[  12.3] cloud-init[1]: done\n-----BEGIN SSH HOST KEY KEYS-----\n${hostKey} root@host\n-----END SSH HOST KEY KEYS-----\n`;
let consoles: { url: string; close(): void };

beforeAll(async () => {
  consoles = await serveConsoles(directory);
});

afterAll(() => {
  consoles.close();
  rmSync(directory, { recursive: true, force: true });
});

function instance(id: string, console: string): string {
  mkdirSync(join(directory, "vms", id), { recursive: true });
  writeFileSync(join(directory, "vms", id, "console.log"), console);
  return id;
}

function program(name: string, input: object, env: NodeJS.ProcessEnv = {}): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const credentials = { AWS_ENDPOINT_URL_EC2: consoles.url, AWS_ACCESS_KEY_ID: "AKIASTANDIN", AWS_SECRET_ACCESS_KEY: "standin", AWS_EC2_METADATA_DISABLED: "true", AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" };
    const child = execFile(process.execPath, [resolve(import.meta.dirname, "../../toolchain/ec2", name)], { env: { ...process.env, ...credentials, ...env } }, (error, stdout, stderr) => done({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }));
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(JSON.stringify(input));
  });
}

const read = (instanceId: string, env: NodeJS.ProcessEnv = {}) => program("consoleHostKey.ts", { instanceId, region: "eu-west-1", profile: null, timeoutSeconds: 0, path: "hosts.pilot" }, env);

test("the host key that an instance printed on its console at first boot is read over AWS's API", async () => {
  expect(await read(instance("i-01", printed))).toMatchObject({ code: 0, stdout: JSON.stringify({ instanceId: "i-01", hostKey }) });
});

test("a console without the key, in time, is an error that shows its last lines", async () => {
  const { code, stderr } = await read(instance("i-02", "Kernel panic - not syncing"));
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: hosts\.pilot\.machine: wanted the SSH host key of i-02 .*Kernel panic[\s\S]*Remedy: .*hostKey/s);
});

test("a key that was read before is kept for the same instance, and not for another", async () => {
  const before = { PULUMI_COMMAND_STDOUT: JSON.stringify({ instanceId: "i-03", hostKey }) };
  expect((await read(instance("i-03", "rebooted since"), before)).stdout).toBe(JSON.stringify({ instanceId: "i-03", hostKey }));
  expect((await read(instance("i-04", "rebooted since"), before)).code).toBe(1);
});

test("missing credentials are told in our words", async () => {
  const { code, stderr } = await read("i-01", { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_PROFILE: "" });
  expect(code).toBe(1);
  expect(stderr).toMatch(/hosts\.pilot\.machine\.awsProfile: wanted AWS credentials/);
});

test("a new login key is a pair that fits, and another one each time", async () => {
  const [one, two] = await Promise.all([program("newLoginKey.ts", {}), program("newLoginKey.ts", {})]);
  const { publicKey, privateKey } = JSON.parse(one.stdout) as { publicKey: string; privateKey: string };
  expect(isPublicKey(publicKey)).toBe(true);
  expect(privateKeyFault(privateKey)).toBeUndefined();
  expect(two.stdout).not.toBe(one.stdout);
});
