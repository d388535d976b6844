import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, unlinkSync, writeFileSync, writeSync } from "node:fs";

/** What an agent that goes wild can do to its container. Each stops by itself where no limit stops it. */

const MiB = 2 ** 20;
const cgroup = (file: string): string => {
  try {
    return readFileSync(`/sys/fs/cgroup/${file}`, "utf8").trim();
  } catch {
    return "";
  }
};
const field = (text: string, name: string): number => Number(new RegExp(`^${name} (\\d+)`, "m").exec(text)?.[1] ?? NaN);

/** A fork bomb's end. */
export interface ForkBombFacts {
  /** Processes that could be started. */
  started: number;
  /** The error that stopped it; null when it stopped at `most` by itself. */
  error: string | null;
  /** The container's own limit, as the kernel has it. */
  pidsMax: string;
  /** Processes and threads at the end. */
  pidsCurrent: number;
}

/** Starts processes that stay until no more can be started, or `most` are there. */
export async function forkBomb({ most }: { most: number }): Promise<ForkBombFacts> {
  let error: string | null = null;
  let started = 0;
  while (started < most && error === null) {
    const child = spawn("/bin/sleep", ["900"], { stdio: "ignore" });
    if (child.pid !== undefined) started++;
    else error = ((await once(child, "error").catch((thrown: unknown) => [thrown])) as NodeJS.ErrnoException[])[0]?.code ?? "an error";
  }
  return { started, error, pidsMax: cgroup("pids.max"), pidsCurrent: Number(cgroup("pids.current")) };
}

/** A memory hog's end. */
export interface MemoryHogFacts {
  /** Bytes that it had filled when it was last heard of. */
  filledBytes: number;
  /** The signal that ended it; null when it stopped at `most` by itself. */
  signal: string | null;
  /** The container's own limit and kills, as the kernel has them. */
  memoryMax: string;
  kills: number;
}

/** Lets a child fill memory until it is killed, or `most` bytes are full. With `wait`, begins at SIGUSR2. */
export async function hogMemory({ most, wait }: { most: number; wait?: boolean }): Promise<MemoryHogFacts> {
  if (wait === true) await new Promise<void>((resolve) => process.once("SIGUSR2", resolve));
  // This very program again: `node -e` has it among its own arguments.
  const child = spawn(process.execPath, [...process.execArgv, "grow", JSON.stringify({ most })], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => void (text += chunk.toString()));
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  const filledBytes = Math.max(0, ...[...text.matchAll(/"filled":(\d+)/g)].map(([, bytes]) => Number(bytes)));
  return { filledBytes, signal, memoryMax: cgroup("memory.max"), kills: field(cgroup("memory.events"), "oom_kill") };
}

/** The hog's child: the first that the kernel should kill. */
export function grow({ most }: { most: number }): { filled: number } {
  writeFileSync("/proc/self/oom_score_adj", "1000");
  const held: Buffer[] = [];
  const step = 16 * MiB;
  for (let filled = 0; filled < most; ) {
    held.push(Buffer.alloc(step, 1));
    filled += step;
    writeSync(1, `{"filled":${filled}}\n`);
  }
  return { filled: held.length * step };
}

/** What busy loops got. */
export interface CpuBurnFacts {
  /** CPU time that the container used, and the time that went by, both in microseconds. */
  usedMicroseconds: number;
  wallMicroseconds: number;
  /** How often the kernel held it back meanwhile. */
  throttled: number;
}

/** Runs busy loops, `processes` of them, for a while. */
export async function burnCpu({ processes, milliseconds }: { processes: number; milliseconds: number }): Promise<CpuBurnFacts> {
  const children = Array.from({ length: processes }, () => spawn("/usr/bin/yes", [], { stdio: "ignore" }));
  const before = { time: process.hrtime.bigint(), stat: cgroup("cpu.stat") };
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  const stat = cgroup("cpu.stat");
  const wallMicroseconds = Number((process.hrtime.bigint() - before.time) / 1000n);
  for (const child of children) child.kill("SIGKILL");
  const used = (name: string): number => field(stat, name) - field(before.stat, name);
  return { usedMicroseconds: used("usage_usec"), wallMicroseconds, throttled: used("nr_throttled") };
}

/** A directory that is memory, and its bound. */
export interface MemoryFileSystem {
  path: string;
  bytes: number;
}

/** Directory → bytes that went in, and the error that ended it (null: none, it stopped a little above its bound). */
export type FillFacts = Record<string, { writtenBytes: number; error: string | null }>;

/** Fills each one after the other, and empties it again. */
export function fillMemoryFileSystems({ places }: { places: readonly MemoryFileSystem[] }): FillFacts {
  return Object.fromEntries(places.map(({ path, bytes }) => [path, fill(`${path}/.nanoclaw-probe`, bytes + 16 * MiB)]));
}

function fill(path: string, most: number): FillFacts[string] {
  const chunk = Buffer.alloc(4 * MiB, 1);
  let writtenBytes = 0;
  let error: string | null = null;
  const file = openSync(path, "w");
  try {
    while (writtenBytes < most) writtenBytes += writeSync(file, chunk);
  } catch (thrown) {
    error = (thrown as NodeJS.ErrnoException).code ?? String(thrown);
  }
  closeSync(file);
  unlinkSync(path);
  return { writtenBytes, error };
}
