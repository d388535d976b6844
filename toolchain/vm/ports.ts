import { readdirSync, readFileSync, readlinkSync } from "node:fs";

import { Refusal, type RefusalParts } from "../../components/refusal.ts";

/** Local addresses, as /proc/net/tcp{,6} writes them, whose listeners keep 127.0.0.1 from being bound. */
const taking = ["0100007F", "00000000", "0".repeat(32), "0000000000000000FFFF00000100007F"];
const listening = "0A";

/** The socket inode that listens on a port of 127.0.0.1 in a /proc/net/tcp table, or null. Pure. */
export function listenerInode(table: string, port: number): string | null {
  for (const line of table.split("\n").slice(1)) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    const [address, hexPort] = (local ?? "").split(":");
    if (state === listening && hexPort !== undefined && parseInt(hexPort, 16) === port && taking.includes(address ?? "")) return inode ?? null;
  }
  return null;
}

/** Who listens on a port of 127.0.0.1: in words, or null when it is free. */
export function portHolder(port: number): string | null {
  for (const path of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    const inode = listenerInode(readTable(path), port);
    if (inode !== null) return processOfSocket(inode) ?? "a process of another user";
  }
  return null;
}

/** What is wrong with a port that something listens on; null when it is free. `field`: the setting that says it. */
export function takenPort(port: number, field: string): RefusalParts | null {
  const holder = portHolder(port);
  if (holder === null) return null;
  return {
    field,
    wanted: "a free port on 127.0.0.1",
    given: `${port}, where ${holder} listens`,
    remedy: `set ${field} to another port, or end that process`,
  };
}

/** Throws a Refusal for a port that something listens on. */
export function refuseTakenPort(port: number, field: string): void {
  const taken = takenPort(port, field);
  if (taken !== null) throw new Refusal(taken);
}

function readTable(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // No IPv6 on this machine.
  }
}

function processOfSocket(inode: string): string | null {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (readlinkSync(`/proc/${pid}/fd/${fd}`) !== `socket:[${inode}]`) continue;
        return `process ${pid} (${readFileSync(`/proc/${pid}/comm`, "utf8").trim()})`;
      }
    } catch {
      continue; // It ended, or it is not ours to look at.
    }
  }
  return null;
}
