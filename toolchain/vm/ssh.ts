import type { VmFiles, VmRecord } from "./vmDir.ts";

/** Arguments for `ssh` and `scp`: only our key, and only the host key that the console showed. Pure. */
export function sshOptions(files: VmFiles): string[] {
  return [
    "-F", "none", "-i", files.privateKey, "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
    "-o", "StrictHostKeyChecking=yes", "-o", `UserKnownHostsFile=${quoted(files.knownHosts)}`, "-o", "GlobalKnownHostsFile=none",
    "-o", "UpdateHostKeys=no", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15", "-o", "LogLevel=ERROR",
  ];
}

/** Arguments for `ssh` up to the command. Pure. */
export function sshArgs(files: VmFiles, record: Pick<VmRecord, "sshPort" | "user">): string[] {
  return [...sshOptions(files), "-p", String(record.sshPort), `${record.user}@127.0.0.1`];
}

/** The line for known_hosts. Pure. */
export function knownHostsLine(port: number, hostKey: string): string {
  return `[127.0.0.1]:${port} ${hostKey}\n`;
}

function quoted(path: string): string {
  return `"${path}"`; // ssh splits this option's value at blanks
}
