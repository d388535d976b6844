import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asRoot, shellQuoted, type CommandAsRoot } from "./asRoot.ts";
import type { PlainConnection } from "./machine/index.ts";

/** A command line of OpenSSH's client, and the private files that it needs while it runs. */
export interface SshCommand {
  /** Arguments of `ssh` up to and with the destination; a remote command may follow. */
  args: string[];
  /** Deletes the files; call it when `ssh` has ended. */
  cleanUp(): void;
}

/** Options for one connection; the files it needs are written below `directory`, which only we can read. */
function sshOptions(connection: PlainConnection, directory: string, label: string): string[] {
  const options = ["-F", "/dev/null", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "-o", "LogLevel=ERROR", "-p", String(connection.port)];
  if (connection.hostKey === null) {
    options.push("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null");
  } else {
    const [type = "", key = ""] = connection.hostKey.split(/\s+/);
    const knownHosts = join(directory, `${label}-known-hosts`);
    writeFileSync(knownHosts, `${connection.port === 22 ? connection.host : `[${connection.host}]:${connection.port}`} ${type} ${key}\n`);
    options.push("-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile=${knownHosts}`, "-o", "GlobalKnownHostsFile=/dev/null");
    options.push("-o", `HostKeyAlgorithms=${type === "ssh-rsa" ? "rsa-sha2-512,rsa-sha2-256" : type}`);
  }
  if (connection.privateKey !== undefined) {
    const keyFile = join(directory, `${label}-key`);
    writeFileSync(keyFile, connection.privateKey.endsWith("\n") ? connection.privateKey : `${connection.privateKey}\n`, { mode: 0o600 });
    options.push("-i", keyFile, "-o", "IdentitiesOnly=yes");
  }
  options.push("-o", `IdentityAgent=${connection.agent ? "SSH_AUTH_SOCK" : "none"}`);
  return options;
}

function destination(connection: PlainConnection): string {
  return `${connection.user}@${connection.host}`;
}

/** The command line that reaches a host, its host key verified and keys taken from files that only we can read. */
export function sshCommand(connection: PlainConnection): SshCommand {
  const directory = mkdtempSync(join(process.env["XDG_RUNTIME_DIR"] ?? tmpdir(), "nanoclaw-ssh-"));
  const options = sshOptions(connection, directory, "host");
  if (connection.proxy !== undefined) {
    const proxy = ["ssh", ...sshOptions(connection.proxy, directory, "bastion"), "-W", "%h:%p", destination(connection.proxy)];
    options.push("-o", `ProxyCommand=${proxy.map(shellQuoted).join(" ")}`);
  }
  return { args: [...options, destination(connection)], cleanUp: () => rmSync(directory, { recursive: true, force: true }) };
}

/** The remote command that runs a script from stdin as root. */
export function scriptAsRoot(user: string, sudoPassword: string | undefined): CommandAsRoot<string> {
  // Without any sudo the script still runs, and can say so.
  if (user !== "root" && sudoPassword === undefined) return { text: "if sudo -n true 2>/dev/null; then exec sudo -n sh -s; else exec sh -s; fi", firstLine: undefined };
  return asRoot(user, "sh -s", sudoPassword);
}
