import { readdirSync } from "node:fs";

/**
 * Where the copies of workspaces lie: `<group>.<time>.<pid>-<start>` below one directory. A copy whose guard was killed
 * may hold work that is nowhere else, so of each group the newest few are kept, and what goes is told.
 */

/** What the name of a copy ends in once nothing in it is needed. */
export const DONE = ".done";

/** Copies of killed runs that are kept of one group. */
const KEPT = 3;

/** What was found of earlier runs, by the copies' names. */
export interface Leftovers {
  /** Removed although they had not come back: older than those that are kept. */
  readonly removed: readonly string[];
  /** Still there. */
  readonly kept: readonly string[];
}

/** What tells whether a copy is in use. */
export interface CopyWorld {
  /** Start time of a process in ticks, or undefined when it is gone. */
  readonly startTime: (pid: number) => string | undefined;
  /** True when a process has a mount whose source ends in this name. */
  readonly mounted: (name: string) => boolean;
}

/** The name of a run's copy. No two runs have the same: a pid is used again, but not with the same start. */
export function copyName(group: string, time: number, pid: number, start: string | undefined): string {
  return `${group}.${time}.${pid}-${start ?? 0}`;
}

/** Removes a tree with whatever names, permissions and depth an agent gave it. What cannot be removed stays. */
export function removeTree(path: string): void {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const options = { stdio: "ignore", env: { PATH: "/usr/bin:/bin", LC_ALL: "C" } } as const;
  spawnSync("chmod", ["-R", "u+rwX", "--", path], options);
  spawnSync("rm", ["-rf", "--", path], options);
}

/** Takes away what earlier runs left of their copies, but for the newest of each group that did not come back. */
export function reapCopies(directory: string, world: CopyWorld): Leftovers {
  const dead: { name: string; group: string; time: number }[] = [];
  const kept: string[] = [];
  const removed: string[] = [];
  for (const name of namesIn(directory)) {
    if (name.endsWith(DONE)) {
      removeTree(`${directory}/${name}`);
      continue;
    }
    const [, group, time, pid, start] = /^([A-Za-z0-9_-]+)\.(\d+)\.(\d+)-(\d+)$/.exec(name) ?? [];
    if (group === undefined || world.startTime(Number(pid)) === start) continue;
    dead.push({ name, group, time: Number(time) });
  }
  for (const group of new Set(dead.map((one) => one.group))) {
    const newestFirst = dead.filter((one) => one.group === group).sort((a, b) => b.time - a.time);
    for (const [index, { name }] of newestFirst.entries()) {
      // A container outlives its guard when that is killed.
      if (index < KEPT || world.mounted(name)) kept.push(name);
      else {
        removeTree(`${directory}/${name}`);
        removed.push(name);
      }
    }
  }
  return { removed, kept };
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
