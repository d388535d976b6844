import type { SmokeSettings } from "../../contract/settings.ts";
import { asService } from "../agentRun/serviceUser.ts";
import type { CpuBurnFacts, FillFacts, ForkBombFacts, MemoryHogFacts } from "../insideProbe/load.ts";
import { experiment, type Finding, type ProofContext } from "./experiment.ts";
import { inside, startInside } from "./inside.ts";
import { unitProperties } from "./serviceProofs.ts";

/** What an agent that goes wild does to its container, and that it does no more. */

const MiB = 2 ** 20;
const remedy = "the limit does not hold: see `journalctl -t nanoclaw-guard` and /etc/nanoclaw/guard.json, and run `pulumi up`";
/** Asked of the guard, which keeps a limit that is smaller than its own: a small hog proves the same, and spares the host. */
const smallMemory = ({ container }: SmokeSettings): number => Math.min(256 * MiB, container.memoryMaxBytes);
const smallCpus = ({ container }: SmokeSettings): number => Math.min(0.5, container.cpuQuotaPercent / 100);

/** NanoClaw's process and how often systemd started it: the same before and after = it lived on. */
export function nanoclawProcess(): string {
  const { MainPID, NRestarts, ActiveState } = unitProperties("nanoclaw.service", ["MainPID", "NRestarts", "ActiveState"]);
  return `${ActiveState}, process ${MainPID}, ${NRestarts} restarts`;
}

/** What a load did, and what it did to others. */
export interface LoadFacts<Inside> {
  readonly inside: Inside;
  /** NanoClaw before and after; see `nanoclawProcess`. */
  readonly nanoclaw: readonly [string, string];
  /** Whether a second container lived on; undefined where the host is for one. */
  readonly neighbourLived?: boolean;
}

/** How the others fared, in words; empty when well. */
export function harm({ nanoclaw: [before, after], neighbourLived }: LoadFacts<unknown>): string {
  if (before !== after) return `; NanoClaw was ${before} and is ${after}`;
  return neighbourLived === false ? "; the second container died" : "";
}

/** Starting processes without end. */
export const forkBombProofs = experiment<LoadFacts<ForkBombFacts>>({
  does: "a fork bomb in a container",
  look: bomb,
  rows: [
    {
      name: "fork-bomb-stops",
      protection: "pids",
      asserts: "a fork bomb stops at its container's limit, while the host starts processes and NanoClaw lives on",
      wanted: ({ container }) => `EAGAIN at ${container.tasksMax} processes and threads`,
      remedy,
      judge: (facts, { container }) => {
        const { error, started, pidsMax, pidsCurrent } = facts.inside;
        const ok = error === "EAGAIN" && pidsMax === String(container.tasksMax) && pidsCurrent <= container.tasksMax && harm(facts) === "";
        return { ok, got: `${error ?? "no error"} after ${started}, ${pidsCurrent} of ${pidsMax}${harm(facts)}` };
      },
    },
  ],
});

async function bomb(context: ProofContext): Promise<LoadFacts<ForkBombFacts>> {
  const before = nanoclawProcess();
  const container = await startInside<ForkBombFacts>(context, "forkBomb", { most: context.settings.container.tasksMax + 64 }, { stay: true });
  try {
    const facts = await container.facts;
    // While all of them are there: throws when the service user can start nothing more.
    asService(context.user, "true", []);
    return { inside: facts, nanoclaw: [before, nanoclawProcess()] };
  } finally {
    await container.end();
  }
}

/** A host for one container has no place for a second: NanoClaw alone is the one that must live on. */
const oneOnly = "no second container asked for (containers: 1)";

/** Filling memory without end. */
export const memoryHogProofs = experiment<LoadFacts<MemoryHogFacts>>({
  does: "a memory hog in a container, beside another",
  look: hog,
  rows: [
    {
      name: "memory-hog-killed",
      protection: "memory",
      asserts: "a memory hog is killed in its own container, while a second container and NanoClaw live on",
      wanted: (settings) => `SIGKILL below ${smallMemory(settings)} bytes, ${settings.containers > 1 ? "the second container alive" : oneOnly}`,
      remedy,
      judge: (facts, settings) => {
        const { signal, filledBytes, kills, memoryMax } = facts.inside;
        const limit = smallMemory(settings);
        const ok = signal === "SIGKILL" && filledBytes < limit && kills >= 1 && memoryMax === String(limit) && harm(facts) === "" && (settings.containers === 1 || facts.neighbourLived === true);
        const neighbour = facts.neighbourLived === true ? ", the second container alive" : facts.neighbourLived === undefined ? (settings.containers > 1 ? ", and no second container was looked at" : `, ${oneOnly}`) : "";
        return { ok, got: `${signal ?? "alive"} at ${filledBytes} of ${memoryMax} bytes${neighbour}${harm(facts)}` };
      },
    },
  ],
});

async function hog(context: ProofContext): Promise<LoadFacts<MemoryHogFacts>> {
  const before = nanoclawProcess();
  const limit = smallMemory(context.settings);
  const neighbour = context.settings.containers > 1 ? await startInside(context, "nothing", {}, { stay: true }) : undefined;
  try {
    const facts = await inside<MemoryHogFacts>(context, "memoryHog", { most: limit + 128 * MiB }, { flags: [`--memory=${limit}`] });
    return { inside: facts, nanoclaw: [before, nanoclawProcess()], ...(neighbour === undefined ? {} : { neighbourLived: neighbour.running() }) };
  } finally {
    await neighbour?.end();
  }
}

/** Computing without end. */
export const cpuBurnProofs = experiment<CpuBurnFacts>({
  sets: ["full"],
  does: "busy loops in a container",
  look: (context) => inside<CpuBurnFacts>(context, "cpuBurn", { processes: 2, milliseconds: 4000 }, { flags: [`--cpus=${smallCpus(context.settings)}`] }),
  rows: [
    {
      name: "cpu-burn-held",
      protection: "cpus",
      asserts: "busy loops get the CPU time that their container may have, and no more",
      wanted: (settings) => `at most ${smallCpus(settings) * 100} % of one CPU, held back by the kernel`,
      remedy,
      judge: ({ usedMicroseconds, wallMicroseconds, throttled }, settings): Finding => {
        const percent = (100 * usedMicroseconds) / wallMicroseconds;
        // One period of 100 ms more may be used at the end of what was measured.
        return { ok: percent <= smallCpus(settings) * 115 && throttled > 0, got: `${percent.toFixed(0)} %, held back ${throttled} times` };
      },
    },
  ],
});

/** Writing without end into memory. */
export const fillProofs = experiment<FillFacts>({
  sets: ["full"],
  does: "filling what is memory in a container",
  look: (context) => inside<FillFacts>(context, "fill", { places: context.settings.memoryFileSystems }),
  rows: [
    {
      name: "memory-file-systems-bounded",
      protection: "readOnly",
      asserts: "what can be written besides a group's own directories is memory, and each is full at its bound",
      wanted: ({ memoryFileSystems }) => memoryFileSystems.map(({ path, bytes }) => `${path} ENOSPC at ${bytes / MiB} MiB`).join(", "),
      remedy,
      judge: (facts, { memoryFileSystems }) => {
        const right = memoryFileSystems.every(({ path, bytes }) => facts[path]?.error === "ENOSPC" && facts[path].writtenBytes <= bytes);
        return { ok: right, got: Object.entries(facts).map(([path, { writtenBytes, error }]) => `${path} ${error ?? "no error"} at ${Math.floor(writtenBytes / MiB)} MiB`).join(", ") };
      },
    },
  ],
});
