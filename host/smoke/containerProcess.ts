import { closeSync, openSync, readFileSync, unlinkSync } from "node:fs";
import { cgroupsOf, readContainerLimits, readLimits, type KernelLimits } from "./limits.ts";

/**
 * A look at a running container from outside, through the kernel: what its first process is, not what it was asked to
 * be. Needs root, runs nothing in the container.
 */
export interface ContainerProcess {
  /** The user id inside of the container, and on the host. */
  uid: number;
  hostUid: number;
  /** Effective, permitted and bounding capabilities, as hex masks. */
  capabilities: { effective: string; permitted: string; bounding: string };
  noNewPrivileges: boolean;
  /** The text of /proc/<pid>/cgroup. */
  cgroup: string;
  /** Its slice's cgroup, as /proc/<pid>/cgroup names it; undefined when it is not in the agents' slice. */
  agentsSlice: string | undefined;
  /** What the kernel holds the container and its slice to, read while it ran: a container's cgroup ends with it. */
  limits: { scope?: KernelLimits; agentsSlice?: KernelLimits };
  /** What became of an attempt to write a file to its root file system: "refused: EROFS", or "written". */
  rootWrite: string;
}

/** A field of /proc/<pid>/status; empty when it is not there. */
export function statusField(status: string, field: string): string {
  return new RegExp(`^${field}:\\s*(.*)$`, "m").exec(status)?.[1]?.trim() ?? "";
}

/** Translates an id of the host to the container's, by the text of /proc/<pid>/uid_map; undefined when it is not mapped. */
export function idInside(map: string, outside: number): number | undefined {
  for (const line of map.trim().split("\n")) {
    const [inside = 0, first = 0, count = 0] = line.trim().split(/\s+/).map(Number);
    if (outside >= first && outside < first + count) return inside + outside - first;
  }
  return undefined;
}

function tryToWrite(path: string): string {
  try {
    closeSync(openSync(path, "wx"));
  } catch (error) {
    return `refused: ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
  }
  unlinkSync(path);
  return "written";
}

/** Looks at the process with this id on the host. */
export function readContainerProcess(pid: number): ContainerProcess {
  const proc = (file: string): string => readFileSync(`/proc/${pid}/${file}`, "utf8");
  const status = proc("status");
  const { scope, agentsSlice } = cgroupsOf(proc("cgroup"));
  const outside = Number(statusField(status, "Uid").split(/\s+/)[1]);
  return {
    uid: idInside(proc("uid_map"), outside) ?? -1,
    hostUid: outside,
    capabilities: { effective: statusField(status, "CapEff"), permitted: statusField(status, "CapPrm"), bounding: statusField(status, "CapBnd") },
    noNewPrivileges: statusField(status, "NoNewPrivs") === "1",
    cgroup: proc("cgroup"),
    agentsSlice,
    limits: {
      ...(scope === undefined ? {} : { scope: readContainerLimits(scope) }),
      ...(agentsSlice === undefined ? {} : { agentsSlice: readLimits(agentsSlice) }),
    },
    // Even root meets a read-only mount here: /proc/<pid>/root is the container's own view.
    rootWrite: tryToWrite(`/proc/${pid}/root/usr/.nanoclaw-smoke`),
  };
}
