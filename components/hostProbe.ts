import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostFacts } from "../contract/facts.ts";
import type { PlainConnection } from "./machine/index.ts";

/** What asking a host gave: its facts, or why there are none, in words for people. */
export type ProbeResult = { readonly facts: HostFacts } | { readonly unreachable: string };

/** Options of OpenSSH for one connection; files it needs are written below `directory`, which must be private. */
function sshOptions(connection: PlainConnection, directory: string, label: string): string[] {
  const knownHosts = join(directory, `${label}-known-hosts`);
  const options = ["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "-o", "LogLevel=ERROR", "-p", String(connection.port)];
  if (connection.hostKey === null) {
    options.push("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null");
  } else {
    const [type = "", key = ""] = connection.hostKey.split(/\s+/);
    writeFileSync(knownHosts, `${connection.port === 22 ? connection.host : `[${connection.host}]:${connection.port}`} ${type} ${key}\n`);
    options.push("-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile=${knownHosts}`, "-o", "GlobalKnownHostsFile=/dev/null");
    options.push("-o", `HostKeyAlgorithms=${type === "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256" : type}`);
  }
  if (connection.privateKey !== undefined) {
    const keyFile = join(directory, `${label}-key`);
    writeFileSync(keyFile, connection.privateKey.endsWith("\n") ? connection.privateKey : `${connection.privateKey}\n`, { mode: 0o600 });
    options.push("-i", keyFile, "-o", "IdentitiesOnly=yes");
  }
  options.push("-o", `IdentityAgent=${connection.agentSocketPath ?? "none"}`);
  return options;
}

function destination(connection: PlainConnection): string {
  return `${connection.user}@${connection.host}`;
}

const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Asks a host for its facts in one SSH round trip, changing nothing there.
 *
 * @param sudoPassword for a login user that may not use sudo without one; sent on stdin
 * @param timeoutSeconds the whole answer must be here by then
 */
export function probeHost(
  connection: PlainConnection,
  { root, sudoPassword, timeoutSeconds = 60 }: { root: string; sudoPassword?: string | undefined; timeoutSeconds?: number },
): Promise<ProbeResult> {
  const directory = mkdtempSync(join(process.env["XDG_RUNTIME_DIR"] ?? tmpdir(), "nanoclaw-probe-"));
  const options = sshOptions(connection, directory, "host");
  if (connection.proxy !== undefined) {
    const proxy = ["ssh", ...sshOptions(connection.proxy, directory, "bastion"), "-W", "%h:%p", destination(connection.proxy)];
    options.push("-o", `ProxyCommand=${proxy.map(shellQuoted).join(" ")}`);
  }
  const script = readFileSync(join(root, "host", "probe", "probe.sh"), "utf8");
  return new Promise<ProbeResult>((resolve) => {
    const child = spawn("ssh", [...options, "--", destination(connection), probeCommand(connection.user, sudoPassword)], {
      timeout: timeoutSeconds * 1000,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on("error", () => undefined); // ssh that ended early says why on stderr
    child.stdin.end(sudoPassword === undefined ? script : `${sudoPassword}\n${script}`);
    child.on("error", (error) => resolve({ unreachable: `ssh could not be started: ${error.message}` }));
    child.on("close", (code, signal) => resolve(answer(stdout, stderr, signal === null ? `exit code ${code}` : `no answer within ${timeoutSeconds} s`)));
  }).finally(() => rmSync(directory, { recursive: true, force: true }));
}

/** The probe itself finds out whether it runs as root: without sudo it still answers, and says so. */
function probeCommand(user: string, sudoPassword: string | undefined): string {
  if (user === "root") return "sh -s";
  return sudoPassword === undefined ? "if sudo -n true 2>/dev/null; then exec sudo -n sh -s; else exec sh -s; fi" : "exec sudo -k -S -p '' sh -s";
}

function answer(stdout: string, stderr: string, ending: string): ProbeResult {
  if (stdout.trim() === "") return { unreachable: `${stderr.trim().split("\n").at(-1) || "ssh said nothing"} (${ending})` };
  try {
    return { facts: HostFacts.parse(JSON.parse(stdout)) };
  } catch (error) {
    return { unreachable: `it answered something that is not facts: ${String(error).slice(0, 300)}` };
  }
}
