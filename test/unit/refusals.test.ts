import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeVm } from "../fixtures/fakeVm.ts";

/** What the real engine says to bad input at preview, before anything is touched. */
const root = resolve(import.meta.dirname, "../..");
let directory: string;
let env: NodeJS.ProcessEnv;

function pulumi(args: string[], more: NodeJS.ProcessEnv = {}): string {
  const { stdout, stderr } = spawnSync("pulumi", args, { cwd: root, env: { ...env, ...more }, encoding: "utf8" });
  return stdout + stderr;
}

function preview(yaml: string, more: NodeJS.ProcessEnv = {}): string {
  return pulumi(previewArgs(yaml), more);
}

function previewArgs(yaml: string): string[] {
  const file = join(directory, "Pulumi.refusals.yaml");
  writeFileSync(file, `${salt}config:\n${yaml}`);
  return ["preview", "--stack", "refusals", "--config-file", file, "--non-interactive", "--color", "never"];
}

const host = (text: string): string => `  podman-nanoclaw-runtime:standIns: { messagesApi: true }\n  podman-nanoclaw-runtime:hosts:\n    one: ${text}\n`;
let salt = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "nanoclaw-refusals-"));
  env = { ...process.env, PULUMI_BACKEND_URL: `file://${directory}`, PULUMI_CONFIG_PASSPHRASE: "right", PULUMI_CONFIG_PASSPHRASE_FILE: "" };
  const said = pulumi(["stack", "init", "refusals"]);
  expect(said).toMatch(/Created stack/);
  salt = /encryptionsalt:.*\n/.exec(readFileSync(join(root, "stacks", "Pulumi.refusals.yaml"), "utf8"))![0];
  rmSync(join(root, "stacks", "Pulumi.refusals.yaml"));
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

test.each([
  ["0", "hosts.one.containers: wanted a whole number from 1 to 64; got 0."],
  ["1.5", "hosts.one.containers: wanted a whole number from 1 to 64; got 1.5."],
  ["10000", "hosts.one.containers: wanted a whole number from 1 to 64; got 10000."],
])("N = %s is refused at preview, with field, wanted, given and remedy", (n, message) => {
  const said = preview(host(`{ machine: { kind: vm }, containers: ${n} }`));
  expect(said).toContain(message);
  expect(said).toContain("Remedy: ");
});

test("all mistakes are told at once, and a misspelt key with the one that was meant", () => {
  const said = preview(host("{ machine: { kind: ssh, adress: 203.0.113.7, user: ubuntu, agent: true }, containers: 0 }"));
  expect(said).toContain('did you mean "address"?');
  expect(said).toContain("hosts.one.containers");
  expect(said).toContain("hosts.one.machine.hostKey");
  expect(said).toContain("nothing was changed");
});

test("a permissive mount and a wrong policy are refused at preview, and a weaker one is a warning that names the flag", () => {
  const refused = preview(host('{ machine: { kind: vm }, containers: 1, additionalMounts: [{ path: /home }], policy: { agentSource: "no" }, mountAllowlist: { allowedRoots: [{ path: /, allowReadWrite: true }], blockedPatterns: [], nonMainReadOnly: true } }'));
  expect(refused).toContain("hosts.one.additionalMounts[0].path: wanted a directory that holds nothing but what agents may see; got /home (everything on the host lies below it). Remedy: ");
  expect(refused).toContain("hosts.one.mountAllowlist.allowedRoots[0].path");
  expect(refused).toContain("hosts.one.policy.agentSource: wanted ro, copy or rw");
  expect(preview(host("{ machine: { kind: vm, sshPort: 39123 }, containers: 1, policy: { hardening: { capDrop: false } } }"))).toMatch(/warning: hosts\.one\.policy\.hardening\.capDrop is off: weaker than the profile personal/);
});

test("a port that another process holds is one error at preview, without a stack trace", async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const said = preview(host(`{ machine: { kind: vm, sshPort: ${port} }, containers: 1 }`));
  server.close();
  expect(said).toContain("The configuration of stack refusals has an error; nothing was changed.\n");
  expect(said).toMatch(new RegExp(`^ +error: hosts\\.one\\.machine\\.sshPort: wanted a free port on 127\\.0\\.0\\.1; got ${port}, where .* listens\\. Remedy: set hosts\\.one\\.machine\\.sshPort to another port`, "m"));
  expect(said).not.toMatch(/unhandled|Refusal|^ +at /m);
});

test("a VM that needs more memory than this computer has is refused at preview", () => {
  const said = preview(host("{ machine: { kind: vm, sshPort: 39124, memoryMiB: 4194304 }, containers: 1 }"));
  expect(said).toMatch(/^ +error: hosts\.one\.machine\.memoryMiB: wanted a VM of at most \d+ MiB, the memory of this computer; got 4194304\. Remedy: /m);
  expect(said).not.toMatch(/unhandled|Refusal|one-smoke/);
});

test("a VM that runs and does not answer is told with its console log, what QEMU says of it, and what to do about a VM", async () => {
  const vm = await fakeVm(join(root, ".state", "refusals"), "one", { sshPort: 39125, qemu: "io-error" });
  try {
    const { stdout } = await promisify(execFile)("pulumi", previewArgs(host("{ machine: { kind: vm, sshPort: 39125 }, containers: 1, browser: false }")), { cwd: root, env });
    expect(stdout).toMatch(/warning: hosts\.one\.machine: provision@127\.0\.0\.1:39125: its VM is paused by QEMU \(io-error\): the operator's disk is full\./);
    expect(stdout).toContain("its console log is .state/refusals/vms/one/console.log");
    expect(stdout).not.toContain("Check `");
  } finally {
    await vm.end();
    rmSync(join(root, ".state", "refusals"), { recursive: true });
  }
});

test("a host that does not answer is a warning at preview, and an error at up before anything is touched", async () => {
  const closed = host("{ machine: { kind: ssh, address: 127.0.0.1, port: 1, user: ubuntu, hostKeyNotVerified: I accept any host key, agent: true }, containers: 1 }");
  for (const path of ["", "/dev/null"]) expect(preview(closed, { SSH_AUTH_SOCK: path })).toContain("hosts.one.machine.agent: wanted an SSH agent at the socket that SSH_AUTH_SOCK names; got SSH_AUTH_SOCK");
  const agent = createServer().listen(join(directory, "agent"));
  await once(agent, "listening");
  const said = preview(closed, { SSH_AUTH_SOCK: join(directory, "agent") });
  expect(said).toContain("hosts.one.machine");
  expect(said).toMatch(/warning|its state is not known/i);
  expect(said).toContain("one-smoke");
  const file = join(directory, "Pulumi.refusals.yaml");
  const up = pulumi(["up", "--yes", "--skip-preview", "--stack", "refusals", "--config-file", file, "--non-interactive", "--color", "never"], { SSH_AUTH_SOCK: join(directory, "agent") });
  agent.close();
  expect(up).toMatch(/hosts\.one\.machine: wanted a machine that answers over SSH/);
  expect(up).not.toMatch(/remote:Command/);
});

test("a wrong passphrase is told as such", () => {
  const said = preview(host("{ machine: { kind: vm }, containers: 1 }"), { PULUMI_CONFIG_PASSPHRASE: "wrong" });
  expect(said).toMatch(/incorrect passphrase/);
});

test("a preview of a local VM makes nothing", () => {
  const said = preview(host("{ machine: { kind: vm, sshPort: 39122 }, containers: 1, browser: false }"));
  expect(said).toMatch(/one-smoke/);
  expect(existsSync(join(root, ".state", "refusals"))).toBe(false);
});
