import { readdirSync, readFileSync } from "node:fs";

/** A process as the kernel shows it. */
export interface Started {
  readonly pid: number;
  readonly parent: number;
  /** Milliseconds since 1970 at which it was started; the kernel counts in hundredths of a second. */
  readonly at: number;
}

/** What /proc/<pid>/stat says; `bootedAt` is in milliseconds since 1970. The name in it may hold anything, so the last ")" counts. */
export function parseStat(text: string, bootedAt: number): Started {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { pid: Number.parseInt(text, 10), parent: Number(fields[1]), at: bootedAt + Number(fields[19]) * 10 };
}

/** The ids of a process in all its namespaces, from the host's to the container's. */
export function namespaceIds(status: string): number[] {
  return (/^NSpid:\s*(.*)$/m.exec(status)?.[1] ?? "").split(/\s+/).map(Number);
}

/** When the host was started, in milliseconds since 1970. */
export function bootTime(now: number, uptime: string): number {
  return now - Number(uptime.split(" ")[0]) * 1000;
}

function tryRead(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The running process with this command line in a container; undefined when there is none. */
export function agentRunner(command: readonly string[]): Started | undefined {
  const wanted = `${command.join("\0")}\0`;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (tryRead(`/proc/${pid}/cmdline`) !== wanted || namespaceIds(tryRead(`/proc/${pid}/status`) ?? "").length < 2) continue;
    return started(Number(pid));
  }
  return undefined;
}

/** The container's entrypoint, seen from a process that it started: what the container's first process (`--init`) has started. */
export function entrypointOf(process: Started): Started {
  const parent = started(process.parent);
  return parent === undefined || namespaceIds(tryRead(`/proc/${process.parent}/status`) ?? "").at(-1) === 1 ? process : entrypointOf(parent);
}

function started(pid: number): Started | undefined {
  const stat = tryRead(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : parseStat(stat, bootTime(Date.now(), readFileSync("/proc/uptime", "utf8")));
}
