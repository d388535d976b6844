import { z } from "zod";
import { ProofReport } from "./proofs.ts";

/** What `make status` knows: `--json` prints a FleetStatus, the page and the terminal show the same facts. */

/** A quantity against its cap. */
const Gauge = z.strictObject({
  used: z.number(),
  /** null = no cap, or none that could be read. */
  cap: z.number().nullable(),
});
export type Gauge = z.infer<typeof Gauge>;

/** Memory, CPU and processes of one cgroup, as the kernel counts them. */
export const Usage = z.strictObject({
  memoryBytes: Gauge,
  /** Percent of one CPU, averaged over the time that the question took; 200 = two CPUs. */
  cpuPercent: Gauge,
  /** Processes and threads. */
  tasks: Gauge,
});
export type Usage = z.infer<typeof Usage>;

/** Something to know about a host. */
export const Finding = z.strictObject({
  /** `wrong`: not as it should be. `waiting`: well, but it waits for you. `note`: good to know, nothing is wrong. */
  level: z.enum(["wrong", "waiting", "note"]),
  /** What it is about, such as "service" or "disk". */
  about: z.string(),
  /** What was seen, a sentence without its full stop. */
  what: z.string(),
  /** What to do now. */
  remedy: z.string(),
});
export type Finding = z.infer<typeof Finding>;

/** What the guard did in the last day, but for what it simply allowed. */
export const GuardDay = z.strictObject({
  /** Refused calls by rule, most often first, with the newest reason. */
  refusals: z.array(z.strictObject({ rule: z.string(), count: z.int(), reason: z.string(), lastAt: z.iso.datetime() })),
  /** Mounts that were asked for writing and given for reading, by path in the container. */
  downgrades: z.array(z.strictObject({ target: z.string(), count: z.int() })),
  /** True when there was more than is read: the counts are then those of the newest entries. */
  truncated: z.boolean(),
});
export type GuardDay = z.infer<typeof GuardDay>;

/** A domain that agents asked for in the last day and did not get. */
export const DeniedDomain = z.strictObject({ domain: z.string(), /** The role whose agents asked. */ role: z.string(), count: z.int() });
export type DeniedDomain = z.infer<typeof DeniedDomain>;

/** What was seen on a host that answered. */
export const HostSeen = z.strictObject({
  os: z.string(),
  kernel: z.string(),
  uptimeSeconds: z.number(),
  /** Average of the last minute. */
  load: z.number(),
  cpus: z.int(),
  memoryBytes: Gauge,
  rebootRequired: z.boolean(),
  /** False on a machine where no `up` has run. */
  provisioned: z.boolean(),
  service: z.strictObject({
    /** systemd's ActiveState, and its Result when it failed. */
    state: z.string(),
    result: z.string(),
    /** Since when it is in this state; null when it never ran in this boot. */
    sinceSeconds: z.number().nullable(),
    /** Automatic restarts since it was started. */
    restarts: z.int(),
    /** The file whose absence keeps it from starting; null when it waits for none. */
    waitsFor: z.string().nullable(),
    usage: Usage.nullable(),
  }),
  containers: z.strictObject({ now: z.int(), cap: z.int().nullable(), memoryBytes: z.array(z.number()) }),
  /** All agents together; null when none has run since the host booted. */
  agents: Usage.nullable(),
  /** Containers that the kernel ended for want of memory since the host booted. */
  outOfMemoryKills: z.int(),
  disks: z.array(z.strictObject({ holds: z.string(), freeBytes: z.number(), sizeBytes: z.number() })),
  release: z.strictObject({ id: z.string(), nanoclaw: z.string(), node: z.string() }).nullable(),
  /** The image that agents run in, by id. */
  image: z.string().nullable(),
  /** Network mode of each role. */
  network: z.record(z.string(), z.string()),
  /** Facts that differ from what the steps left. */
  drift: z.array(z.strictObject({ step: z.string(), facts: z.array(z.string()) })),
  /** Steps that were killed or failed when they last ran. */
  unfinished: z.array(z.string()),
  /** Units of ours that should run and do not, and what systemd says of each, such as `failed` or `activating (auto-restart)`. */
  downUnits: z.array(z.strictObject({ unit: z.string(), state: z.string() })),
  guard: GuardDay,
  /** Most often first; null when the host has no proxy that could deny any. */
  denied: z.array(DeniedDomain).nullable(),
  /** The last smoke test; null when none has been kept. */
  smoke: ProofReport.extend({ at: z.iso.datetime() }).nullable(),
});
export type HostSeen = z.infer<typeof HostSeen>;

/** One host. */
export const HostStatus = z.strictObject({
  name: z.string(),
  /** Such as `ubuntu@203.0.113.7:22`. */
  login: z.string(),
  /** True when no finding is `wrong` or `waiting`. */
  ok: z.boolean(),
  /** The most urgent first. */
  findings: z.array(Finding),
  /** null when it did not answer. */
  seen: HostSeen.nullable(),
});
export type HostStatus = z.infer<typeof HostStatus>;

/** All hosts of a stack. */
export const FleetStatus = z.strictObject({
  stack: z.string(),
  /** When it was asked. */
  at: z.iso.datetime(),
  ok: z.boolean(),
  hosts: z.array(HostStatus),
});
export type FleetStatus = z.infer<typeof FleetStatus>;
