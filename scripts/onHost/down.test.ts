import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { vmFiles, writeRecord } from "../../toolchain/vm/vmDir.ts";
import { root } from "./stack.ts";

/** Every command on a stack whose hosts are down: a local VM that is off, and a machine whose SSH server does not listen. */
const off = `down-test-vm-${process.pid}`;
const refused = `down-test-ssh-${process.pid}`;
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "nanoclaw-down-"));
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(directory, "key")]);
  // Reserved for tcpmux, which nobody runs.
  const login = { host: "127.0.0.1", port: 1, user: "root", hostKey: "ssh-ed25519 AAAA", privateKey: execFileSync("cat", [join(directory, "key")], { encoding: "utf8" }) };
  writeFileSync(join(directory, "logins.json"), JSON.stringify({ office: login }));
  // Pulumi's answers for a stack that was brought up; `make doctor` asks for more, and may find that wrong.
  writeFileSync(join(directory, "pulumi"), `#!/bin/sh\n[ "$1 $2 $3" = "stack output logins" ] || { echo "none here" >&2; exit 1; }\ncat '${directory}/logins.json'\n`, { mode: 0o755 });
  const files = vmFiles({ name: "office", stateDir: join(root, ".state", off) });
  mkdirSync(files.dir, { recursive: true });
  writeFileSync(files.console, "booting\r\nReached target poweroff\r\n");
  writeRecord(files, { instanceId: "i-none", image: "debian-13", sshPort: 2222, user: "nano", hostKey: "ssh-ed25519 AAAA", boot: 0, hardware: "", installed: true, ready: true, systemDiskGiB: 10, stateDiskGiB: 10 });
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
  rmSync(join(root, ".state", off), { recursive: true, force: true });
});

function onHost(stack: string, command: string[], env: Record<string, string> = {}): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const options = { cwd: root, env: { ...process.env, ...env, STACK: stack, HOST: "", PATH: `${directory}${delimiter}${process.env["PATH"]}` } };
    const child = execFile(process.execPath, ["scripts/on-host.ts", ...command], options, (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }));
    child.stdin?.end();
  });
}

const commands: [command: string, purpose: string, env?: Record<string, string>][] = [
  ["chat", "run the agent of group family in a container and show what it replies", { GROUP: "family", MESSAGE: "hello" }],
  ["logs", "show the last 7 lines of NanoClaw's journal and the guard's", { TAIL: "7", FOLLOW: "no" }],
  ["shell", "log in"],
  ["pair", "show WhatsApp's QR code, wait for the phone, and start nanoclaw.service"],
  ["pair", "show WhatsApp's pairing code, wait for the phone, and start nanoclaw.service", { PHONE: "14155551234" }],
  ["register", "list the chats that can be the main group"],
  ["register", "make 14155551234@s.whatsapp.net NanoClaw's main group", { JID: "14155551234@s.whatsapp.net" }],
  ["prove", "try there whether the box holds, every proof"],
];

describe("with a host that is down,", () => {
  it.each(commands)("make %s says that it wanted to %s, why it cannot, and what to do", async (command, purpose, env) => {
    const [machine, vm] = await Promise.all([onHost(refused, [command], env), onHost(off, [command], env)]);
    for (const { code, output } of [machine, vm]) {
      expect(code, output).toBe(255);
      expect(output).toContain(`error: office: wanted a host that answers over SSH, to ${purpose}`);
    }
    expect(machine.output).toMatch(/got none: it does not answer: .*refused.*Remedy: Check `port`, and that sshd runs on the host/);
    expect(vm.output).toMatch(/\| Reached target poweroff\n/);
    expect(vm.output).toMatch(/got none: its VM does not run\. Remedy: Run `pulumi up --stack down-test-vm-\d+`, which starts it/);
  });

  it("make status says what could not be looked at, and ends with 1", async () => {
    const [machine, vm] = await Promise.all([onHost(refused, ["status"]), onHost(off, ["status"])]);
    expect([machine.code, vm.code]).toEqual([1, 1]);
    expect(machine.output).toMatch(/refused.*, so its service, containers, caps, disks and proofs could not be looked at[\s\S]*Check `port`/);
    expect(vm.output).toMatch(/its VM does not run, so its service.*the console's last line: Reached target poweroff/);
  });

  it("make doctor names the host, and ends with 1", async () => {
    const [machine, vm] = await Promise.all([onHost(refused, ["doctor"]), onHost(off, ["doctor"])]);
    expect([machine.code, vm.code]).toEqual([1, 1]);
    expect(machine.output).toMatch(/✗ host office .*refused.*\(wanted root over SSH, the right time, 1 GiB free\)\n\s+→ Check `port`/);
    expect(vm.output).toMatch(/✗ host office .*its VM does not run[\s\S]*which starts it/);
  });
});
