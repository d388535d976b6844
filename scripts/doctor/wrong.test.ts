import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Check } from "../../contract/doctor.ts";
import { awsChecks } from "./aws.ts";
import { backendChecks, configuration, keyChecks } from "./stackState.ts";
import { toolchainChecks } from "./toolchain.ts";

/** `make doctor` on a computer where something is wrong: programs of paper on PATH, files with wrong modes, an AWS of ours. */
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "nanoclaw-doctor-"));
  mkdirSync(join(directory, "bin"));
  vi.stubEnv("PATH", `${join(directory, "bin")}:/usr/bin:/bin`);
  vi.stubEnv("PULUMI_HOME", directory);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

function program(name: string, body: string): void {
  writeFileSync(join(directory, "bin", name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

const named = (checks: readonly Check[], name: string): Check | undefined => checks.find((each) => each.name === name);

describe("the backend", () => {
  it("that does not answer is wrong", async () => {
    program("pulumi", "echo 'error: no credentials for this backend' >&2; exit 1");
    expect(named(await backendChecks(), "backend")).toEqual({ name: "backend", level: "wrong", wanted: "one that answers", got: "error: no credentials for this backend", remedy: "check PULUMI_BACKEND_URL, or `pulumi login`" });
  });
  it("whose directory others may read is wrong", async () => {
    mkdirSync(join(directory, "state/pulumi"), { recursive: true });
    chmodSync(join(directory, "state"), 0o755);
    program("pulumi", `echo '{"url":"file://${directory}/state/pulumi"}'`);
    expect(named(await backendChecks(), "state")).toMatchObject({ level: "wrong", got: `${directory}/state, mode 755`, remedy: `chmod 700 ${directory}/state` });
  });
});

describe("the passphrase", () => {
  const passphrase = async (): Promise<Check | undefined> => named(await backendChecks(), "passphrase");
  beforeEach(() => {
    program("pulumi", "exit 1");
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", undefined);
  });
  it("that is lost is wrong", async () => {
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", join(directory, "none"));
    expect(await passphrase()).toMatchObject({ level: "wrong", got: `${directory}/none: none`, remedy: expect.stringContaining("restore it") });
  });
  it("that others may read is wrong, and right again after the remedy", async () => {
    const file = join(directory, "passphrase");
    writeFileSync(file, "x", { mode: 0o644 });
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", file);
    expect(await passphrase()).toMatchObject({ level: "wrong", remedy: `chmod 600 ${file}` });
    chmodSync(file, 0o600);
    expect(await passphrase()).toMatchObject({ level: "ok", remedy: "" });
  });
  it("in the environment is a note", async () => {
    vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "x");
    expect(await passphrase()).toMatchObject({ level: "note", got: expect.not.stringMatching(/x$/) });
  });
});

describe("a host's key", () => {
  it("that is not there, or that others may read, is wrong", async () => {
    const key = join(directory, "key");
    const host = { name: "office", kind: "ssh", privateKeyFile: key };
    expect(await keyChecks("prod", [host])).toMatchObject([{ name: "key of office", level: "wrong", got: `${key}: none` }]);
    writeFileSync(key, "", { mode: 0o640 });
    expect(await keyChecks("prod", [host])).toMatchObject([{ level: "wrong", got: `${key}, mode 640`, remedy: `chmod 600 ${key}` }]);
  });
  it("in an agent that has none, or that does not run, is wrong", async () => {
    program("ssh-add", "echo 'The agent has no identities.' >&2; exit 1");
    expect(await keyChecks("prod", [{ name: "office", kind: "ssh", agent: true }])).toMatchObject([{ level: "wrong", got: "The agent has no identities.", remedy: expect.stringContaining("ssh-add") }]);
  });
});

it("a stack that does not exist is wrong, with the way to make one", async () => {
  program("pulumi", "echo \"error: no stack named 'prod' found\" >&2; exit 1");
  expect((await configuration("prod")).checks).toMatchObject([{ name: "configuration", level: "wrong", got: "error: no stack named 'prod' found", remedy: expect.stringContaining("stacks/Pulumi.prod.yaml") }]);
});

it("an old Pulumi, no plugins and missing programs are wrong, each with its part of the toolchain", async () => {
  program("pulumi", "echo v3.1.0");
  vi.stubEnv("PATH", join(directory, "bin"));
  const checks = await toolchainChecks({ vm: true });
  expect(named(checks, "pulumi")).toMatchObject({ level: "wrong", got: "v3.1.0", remedy: "toolchain/setup.sh pulumi" });
  expect(named(checks, "language host")).toMatchObject({ level: "wrong", got: "none", remedy: "toolchain/setup.sh plugins" });
  expect(named(checks, "command plugin")).toMatchObject({ level: "wrong", got: "none", remedy: "toolchain/setup.sh plugins" });
  expect(named(checks, "programs")).toMatchObject({ level: "wrong", got: expect.stringMatching(/^no ssh, git/), remedy: "toolchain/setup.sh packages" });
});

describe("a stack on EC2", () => {
  const pilot = { name: "pilot", kind: "ec2", region: "eu-west-1" };
  let server: Server;
  let answer: [status: number, body: string];
  const failure = (code: string, message: string): string => `<?xml version="1.0"?><Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>0</RequestID></Response>`;
  const aws = async (): Promise<Check | undefined> => named(await awsChecks([pilot]), "AWS in eu-west-1");

  beforeEach(async () => {
    server = createServer((request, response) => request.resume().on("end", () => response.writeHead(answer[0], { "content-type": "text/xml" }).end(answer[1])));
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    const none = join(directory, "none");
    const env = { AWS_ENDPOINT_URL_EC2: `http://127.0.0.1:${port}`, AWS_ACCESS_KEY_ID: "AKIASTANDIN", AWS_SECRET_ACCESS_KEY: "standin", AWS_PROFILE: undefined, AWS_EC2_METADATA_DISABLED: "true", AWS_CONFIG_FILE: none, AWS_SHARED_CREDENTIALS_FILE: none };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  });
  afterEach(() => void server.close());

  it("is ok with credentials that AWS takes, also without a right to list regions", async () => {
    answer = [200, '<?xml version="1.0"?><DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>0</requestId><regionInfo/></DescribeRegionsResponse>'];
    expect(await aws()).toMatchObject({ level: "ok" });
    answer = [403, failure("UnauthorizedOperation", "You are not authorized to perform this operation.")];
    expect(await aws()).toMatchObject({ level: "ok" });
  });
  it("is wrong without credentials, or with expired ones, with the way to log in", async () => {
    answer = [400, failure("ExpiredToken", "The security token included in the request is expired")];
    expect(await aws()).toMatchObject({ level: "wrong", remedy: expect.stringContaining("aws sso login") });
    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    expect(await aws()).toMatchObject({ level: "wrong", got: "none", remedy: expect.stringContaining("aws sso login") });
  });
  it("is a note where AWS does not answer", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL_EC2", "http://127.0.0.1:1");
    expect(await aws()).toMatchObject({ level: "note", got: expect.stringContaining("ECONNREFUSED") });
  });
  it("needs the aws plugin, which Pulumi may fetch; another stack needs nothing of AWS", async () => {
    answer = [400, failure("ExpiredToken", "expired")];
    vi.stubEnv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", undefined);
    expect(named(await awsChecks([pilot]), "aws plugin")).toMatchObject({ level: "note", got: "none yet: the first preview fetches it" });
    vi.stubEnv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true");
    expect(named(await awsChecks([pilot]), "aws plugin")).toMatchObject({ level: "wrong", got: "none", remedy: expect.stringContaining("pulumi plugin install resource aws v") });
    program("pulumi-resource-aws", "# a stand-in");
    expect(named(await awsChecks([pilot]), "aws plugin")).toMatchObject({ level: "note", got: "the stand-in of test/standins" });
    expect(await awsChecks([{ name: "office", kind: "ssh" }])).toEqual([]);
  });
});
