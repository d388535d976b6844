import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "../e2e/lib/freePort.ts";

const SSHD = "/usr/sbin/sshd";

/** True when this machine has OpenSSH's server; it is started by the tests only, on loopback, as the current user. */
export const sshdIsHere = existsSync(SSHD);

/** A running sshd of the tests. */
export interface SshServer {
  port: number;
  /** The line that `connection.hostKey` takes. */
  hostKey: string;
  /** What it has logged so far. */
  log(): string;
  stop(): void;
}

/** Makes a key pair without asking and returns the private key's path. */
export function makeKey(path: string, passphrase = ""): string {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-f", path]);
  return path;
}

/** Starts a server with its own host key that lets in the key in `authorizedKeys`. */
export async function startSshd(directory: string, authorizedKeys: string): Promise<SshServer> {
  mkdirSync(directory, { recursive: true });
  const hostKey = makeKey(join(directory, "host_key"));
  writeFileSync(join(directory, "authorized_keys"), authorizedKeys, { mode: 0o600 });
  const port = await freePort();
  const log = join(directory, "log");
  const settings = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${join(directory, "authorized_keys")}`,
    `PidFile ${join(directory, "pid")}`,
    "UsePAM no",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "PermitRootLogin prohibit-password",
    "StrictModes no",
    "AcceptEnv PULUMI_COMMAND_* TEST_*",
    "Subsystem sftp internal-sftp",
    "MaxStartups 50",
    "LogLevel VERBOSE",
  ];
  writeFileSync(join(directory, "config"), `${settings.join("\n")}\n`);
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const child = spawn(SSHD, ["-D", "-f", join(directory, "config"), "-E", log], { stdio: "ignore" });
  await listening(port, child, log);
  return {
    port,
    hostKey: readFileSync(`${hostKey}.pub`, "utf8").trim(),
    log: () => (existsSync(log) ? readFileSync(log, "utf8") : ""),
    stop: () => void child.kill("SIGTERM"),
  };
}

/** An ssh-agent of the tests, that holds one key. */
export interface SshAgent {
  /** What SSH_AUTH_SOCK names. */
  socket: string;
  stop(): void;
}

/** Starts an agent, and gives it a key. */
export async function startAgent(socket: string, key: string): Promise<SshAgent> {
  const child = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
  while (!existsSync(socket)) {
    if (child.exitCode !== null) throw new Error(`ssh-agent ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  execFileSync("ssh-add", ["-q", key], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: "pipe" });
  return { socket, stop: () => void child.kill("SIGTERM") };
}

async function listening(port: number, child: ChildProcess, log: string): Promise<void> {
  while (child.exitCode === null) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => (socket.destroy(), resolve(true))).once("error", () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`sshd ended with ${child.exitCode}: ${existsSync(log) ? readFileSync(log, "utf8") : "no log"}`);
}
