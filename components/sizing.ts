import type { Caps } from "../contract/settings.ts";
import { Refusal } from "./refusal.ts";

/**
 * From N, the number of agent containers a host must run at once, to everything that follows from it.
 * Pure: no Pulumi, no file system. "The seed" below is the planning document this project started from;
 * docs/PARALLEL.md explains the numbers to users.
 */

/** Bytes in one GiB; systemd's `G` suffix means the same. */
export const bytesPerGiB = 1024 ** 3;

/** N may be 1 to 64: past that, one host is the wrong shape (no seed covers it, and one failure stops everybody). */
export const containersRange = { min: 1, max: 64 } as const;

/** `cpuOvercommit` may be 1 (every container always gets its CPUs) to 4. */
export const cpuOvercommitRange = { min: 1, max: 4 } as const;

/** The constants of the formulas, each with its source. */
export const sizingRules = {
  /** Memory of one container with Chromium (seed: `--memory=4g`). */
  containerMemoryGiBWithBrowser: 4,
  /** Memory of one container without Chromium (seed: "drop to 2GB per container"). */
  containerMemoryGiBWithoutBrowser: 2,
  /** CPUs of one container (seed: `--cpus=2`). */
  containerCpus: 2,
  /** Processes and threads of one container with Chromium: its threads count too, and the seed's 256 is tight. */
  pidsPerContainerWithBrowser: 512,
  /** Processes and threads of one container without Chromium (seed: `--pids-limit=256`). */
  pidsPerContainerWithoutBrowser: 256,
  /** What a machine needs beside its containers: NanoClaw's process, Podman, the operating system (seed: `+ 2GB`). */
  hostMemoryGiB: 2,
  /** Likewise (seed: `+ 2`): one CPU for NanoClaw, one for the operating system. */
  hostCpus: 2,
  /** NanoClaw's own process and its `podman run` clients (seed: N=4 gives 900 %, which is 4 × 200 % and 100 %). */
  serviceCpuQuotaPercent: 100,
  /** Tasks of the service: Node's threads, and Go's in each `podman run` client, of which there is one per container. */
  serviceTasks: 512,
  serviceTasksPerContainer: 64,
  /** An image build takes the room of one more container, never less than this: npm and tsc need it. */
  minimumBuildMemoryGiB: 2,
  /** apt, npm, node-gyp and make run side by side in a build. */
  buildTasks: 1024,
} as const;

/** The constants of the disk formula, in GiB. */
export const diskRules = {
  /** Distribution, kernels, Podman, Node, apt's caches, a journal of 1 GiB. */
  system: 8,
  /**
   * An agent image is about 2 GiB (node:22-slim, Chromium with its libraries and fonts, Claude Code).
   * Three are kept (the one in use, the one before, the one being built), each with the uid-mapped copy
   * that `--userns=keep-id` makes on first use.
   */
  images: 3 * 2 * 2,
  /** Intermediate layers, and npm's and apt's downloads during a build. */
  buildCache: 6,
  /** NanoClaw's releases under /opt (three, with node_modules) and Node itself. */
  releases: 2,
  /** A container's writable layer; small while its root is read-only. */
  perContainerWritable: 1,
  /** Message database, channel sessions, and what Claude Code keeps per group. */
  stateBase: 2,
  /** A group's workspace: a repository, its node_modules, downloads. */
  statePerContainer: 2,
  /** NanoClaw's logs and those of its groups. */
  logs: 1,
} as const;

/**
 * Share of a machine's nominal memory that its kernel sees as `MemTotal`; firmware and the kernel keep the rest.
 * Karpenter assumes 7.5 % less where it does not know the type (its VM_MEMORY_OVERHEAD_PERCENT).
 */
export const usableMemoryFraction = 0.925;

/** What a guest sees, in GiB, of a machine sold or configured with `nominalGiB`. */
export function usableMemoryGiB(nominalGiB: number): number {
  return nominalGiB * usableMemoryFraction;
}

/** Whole GiB to give a virtual machine so that its kernel sees at least `usableGiB`. */
export function nominalMemoryGiB(usableGiB: number): number {
  return Math.ceil(usableGiB / usableMemoryFraction - 1e-9);
}

/** What `sizeHost` computes from. */
export interface SizeRequest {
  /** N: agent containers at once. Integer, 1..64. */
  containers: number;
  /** True when agents use Chromium: 4 GiB per container, else 2 GiB. */
  browser: boolean;
  /** How many times the machine's CPUs may be promised, 1..4. 1 = strict. Memory is never overcommitted. */
  cpuOvercommit: number;
}

/** What a machine must have so that a host for N containers fits on it. */
export interface MachineRequirement {
  /** Memory that the machine's kernel must see (`MemTotal`), in GiB. */
  memoryGiB: number;
  /** CPUs (hardware threads), after overcommit. */
  cpus: number;
  /** All disk together, in GiB: the sum of `rootDiskGiB` and `stateDiskGiB`. */
  diskGiB: number;
  /** The system disk: operating system, images, builds, releases. */
  rootDiskGiB: number;
  /** What lies in /var/lib/nanoclaw, on its own volume where there is one. */
  stateDiskGiB: number;
}

/** Everything that follows from N. */
export interface HostSize extends SizeRequest {
  machine: MachineRequirement;
  /** `nanoclaw.service.d/resources.conf`: NanoClaw's own process. */
  service: Caps;
  /** `nanoclaw-agents.slice`: all agent containers together. */
  agentsSlice: Caps;
  /** `nanoclaw-build.slice`: image builds. */
  buildSlice: Caps;
  /** One container: `--memory`, `--cpus`, `--pids-limit`. */
  container: Caps;
  /** NanoClaw's share, service and agents together: the numbers of the seed's `resources.conf`. */
  share: { memoryMaxGiB: number; cpuQuotaPercent: number };
  /** `MAX_CONCURRENT_CONTAINERS`; equals `containers`. */
  maxConcurrentContainers: number;
}

/** Computes what a host for N containers needs and gets. Throws a `Refusal` when a value is out of range. */
export function sizeHost(request: SizeRequest): HostSize {
  checkRange(request);
  const { containers, browser, cpuOvercommit } = request;
  const rules = sizingRules;
  const containerMemoryGiB = browser ? rules.containerMemoryGiBWithBrowser : rules.containerMemoryGiBWithoutBrowser;
  const pids = browser ? rules.pidsPerContainerWithBrowser : rules.pidsPerContainerWithoutBrowser;

  const container = caps(containerMemoryGiB, rules.containerCpus * 100, pids);
  const agentsSlice = caps(containers * containerMemoryGiB, containers * rules.containerCpus * 100, containers * pids);
  const service = caps(
    rules.hostMemoryGiB,
    rules.serviceCpuQuotaPercent,
    rules.serviceTasks + containers * rules.serviceTasksPerContainer,
  );
  const buildSlice = caps(
    Math.max(rules.minimumBuildMemoryGiB, containerMemoryGiB),
    rules.containerCpus * 100,
    rules.buildTasks,
  );

  return {
    containers,
    browser,
    cpuOvercommit,
    machine: {
      memoryGiB: containers * containerMemoryGiB + rules.hostMemoryGiB,
      cpus: divideUp(containers * rules.containerCpus + rules.hostCpus, cpuOvercommit),
      ...disk(containers),
    },
    service,
    agentsSlice,
    buildSlice,
    container,
    share: {
      memoryMaxGiB: (service.memoryMaxBytes + agentsSlice.memoryMaxBytes) / bytesPerGiB,
      cpuQuotaPercent: service.cpuQuotaPercent + agentsSlice.cpuQuotaPercent,
    },
    maxConcurrentContainers: containers,
  };
}

function disk(containers: number): Pick<MachineRequirement, "diskGiB" | "rootDiskGiB" | "stateDiskGiB"> {
  const rules = diskRules;
  const rootDiskGiB =
    rules.system + rules.images + rules.buildCache + rules.releases + containers * rules.perContainerWritable;
  const stateDiskGiB = rules.stateBase + containers * rules.statePerContainer + rules.logs;
  return { diskGiB: rootDiskGiB + stateDiskGiB, rootDiskGiB, stateDiskGiB };
}

function caps(memoryGiB: number, cpuQuotaPercent: number, tasksMax: number): Caps {
  return { memoryMaxBytes: memoryGiB * bytesPerGiB, cpuQuotaPercent, tasksMax };
}

/** Rounds up, but not for a rounding error: 66 / 1.1 is 60 CPUs, not 61. */
function divideUp(cpus: number, overcommit: number): number {
  return Math.ceil(cpus / overcommit - 1e-9);
}

function checkRange({ containers, cpuOvercommit }: SizeRequest): void {
  const n = containersRange;
  if (!Number.isInteger(containers) || containers < n.min || containers > n.max) {
    throw new Refusal({
      field: "containers",
      wanted: `a whole number from ${n.min} to ${n.max}`,
      given: String(containers),
      remedy:
        containers > n.max
          ? `use at most ${n.max}; spread more over several hosts`
          : "say how many agents may run at the same time on this host, such as 1, 2 or 4",
    });
  }
  const o = cpuOvercommitRange;
  if (!(cpuOvercommit >= o.min && cpuOvercommit <= o.max)) {
    throw new Refusal({
      field: "cpuOvercommit",
      wanted: `a number from ${o.min} to ${o.max}`,
      given: String(cpuOvercommit),
      remedy: "use 1 so that every container always gets its CPUs, or 1.5 when agents mostly wait for the model",
    });
  }
}
