import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Caps } from "../../contract/settings.ts";
import type { Finding } from "./experiment.ts";

/** Where the kernel shows cgroups. */
export const cgroupRoot = "/sys/fs/cgroup";

/** The limits that the kernel holds for one cgroup, as its files say. */
export interface KernelLimits {
  memoryMax: string;
  cpuMax: string;
  pidsMax: string;
}

/**
 * The cgroup directories on the way down to a process, from the text of /proc/<pid>/cgroup: where the container's and
 * its slice's limits stand. Undefined where the path has no such part.
 */
export function cgroupsOf(text: string): { scope: string | undefined; agentsSlice: string | undefined } {
  const path = /^0::(?<path>\/.*)$/m.exec(text)?.groups?.["path"] ?? "";
  const upTo = (pattern: RegExp): string | undefined => {
    const parts = path.split("/");
    const at = parts.findIndex((part) => pattern.test(part));
    return at === -1 ? undefined : parts.slice(0, at + 1).join("/");
  };
  return { scope: upTo(/^libpod-.*\.scope$/), agentsSlice: upTo(/^nanoclaw-agents\.slice$/) };
}

/** Reads a cgroup's limits; `cgroup` as in /proc/<pid>/cgroup. */
export function readLimits(cgroup: string): KernelLimits {
  const read = (file: string): string => readFileSync(join(cgroupRoot, cgroup, file), "utf8").trim();
  return { memoryMax: read("memory.max"), cpuMax: read("cpu.max"), pidsMax: read("pids.max") };
}

/** `cpu.max` ("400000 100000") in percent of one CPU; undefined when unlimited. */
export function cpuPercent(cpuMax: string): number | undefined {
  const [quota, period] = cpuMax.split(" ");
  return quota === undefined || quota === "max" ? undefined : (100 * Number(quota)) / Number(period);
}

/** What holds for a process below both cgroups: the tighter of each limit. */
export function tighter(outer: KernelLimits, inner: KernelLimits): KernelLimits {
  const less = (a: string, b: string): string => (a === "max" || (b !== "max" && Number(b) < Number(a)) ? b : a);
  const cpuMax = (cpuPercent(inner.cpuMax) ?? Infinity) < (cpuPercent(outer.cpuMax) ?? Infinity) ? inner.cpuMax : outer.cpuMax;
  return { memoryMax: less(outer.memoryMax, inner.memoryMax), cpuMax, pidsMax: less(outer.pidsMax, inner.pidsMax) };
}

/** A container's limits. crun 1.8 (Debian 12) sets them on the cgroup `container` inside the scope, later ones on the scope. */
export function readContainerLimits(scope: string): KernelLimits {
  const inner = `${scope}/container`;
  return existsSync(join(cgroupRoot, inner)) ? tighter(readLimits(scope), readLimits(inner)) : readLimits(scope);
}

/** Caps in the words of a proof. */
export function describeCaps(caps: Caps): string {
  return `memory ${caps.memoryMaxBytes} bytes, CPU ${caps.cpuQuotaPercent} %, ${caps.tasksMax} tasks`;
}

/** Compares the kernel's limits with the wanted caps. Memory may be less by one page: the kernel rounds. */
export function compareLimits(caps: Caps, limits: KernelLimits): Finding {
  const memory = Number(limits.memoryMax);
  const percent = cpuPercent(limits.cpuMax);
  const ok =
    memory <= caps.memoryMaxBytes &&
    memory > caps.memoryMaxBytes - 65_536 &&
    percent !== undefined &&
    Math.abs(percent - caps.cpuQuotaPercent) < 0.5 &&
    Number(limits.pidsMax) === caps.tasksMax;
  return { ok, got: `memory ${limits.memoryMax} bytes, CPU ${percent ?? "max"} %, ${limits.pidsMax} tasks` };
}
