import type { Caps, SmokeSettings } from "../../contract/settings.ts";
import type { BoxFacts } from "../insideProbe/box.ts";
import { statusField } from "./containerProcess.ts";
import type { Finding, ProofRow } from "./experiment.ts";
import { cpuPercent, type KernelLimits } from "./limits.ts";
import type { SeenContainer } from "./seenContainer.ts";

/** An agent's box: seen from outside while an agent and the probe were in it, and from inside by the probe. */
export interface BoxEvidence {
  /** The container of the agent that answered; undefined when none did (which is a proof of its own). */
  readonly agent: SeenContainer | undefined;
  /** The container of the probe, and what it saw. */
  readonly probe: SeenContainer;
  readonly inside: BoxFacts;
  /** Id of the image that carries both the name NanoClaw runs and a tag of its content. */
  readonly builtImage: string | undefined;
  /** The service user's id on the host. */
  readonly serviceUid: number;
}

type Judge = (evidence: BoxEvidence, settings: SmokeSettings) => Finding;

const remedy = "the guard did not harden the container: see `journalctl -t nanoclaw-guard` and /etc/nanoclaw/guard.json, and run `pulumi up`";

/** Judges each container by what the kernel says of it; the first that is not as wanted is what was got. */
function seen(judge: (container: SeenContainer, settings: SmokeSettings, evidence: BoxEvidence) => Finding): Judge {
  return (evidence, settings) => {
    const { agent, probe } = evidence;
    const finding = judge(probe, settings, evidence);
    return finding.ok && agent !== undefined ? judge(agent, settings, evidence) : finding;
  };
}

/** Judges what the probe saw. */
function within(judge: (inside: BoxFacts) => Finding): Judge {
  return ({ inside }) => judge(inside);
}

/** Holds when both do; else what the first that does not has got. */
function both(outside: Judge, inside: Judge): Judge {
  return (evidence, settings) => {
    const first = outside(evidence, settings);
    return first.ok ? inside(evidence, settings) : first;
  };
}

/** Nothing must have been found. */
const none = (found: readonly string[], otherwise: string): Finding => ({ ok: found.length === 0, got: found.length === 0 ? otherwise : found.slice(0, 5).join(", ") });

/** The entries of a record whose value is not as wanted, as "key: value". */
const others = (facts: Readonly<Record<string, string>>, wanted: readonly string[]): string[] => Object.entries(facts).filter(([, value]) => !wanted.includes(value)).map(([key, value]) => `${key}: ${value}`);

function limit(kind: "scope" | "agentsSlice", caps: (settings: SmokeSettings) => Caps, compare: (caps: Caps, limits: KernelLimits) => Finding): Judge {
  return seen(({ process }, settings) => {
    const limits = process.limits[kind];
    return limits === undefined ? { ok: false, got: `cgroup ${/^0::.*$/m.exec(process.cgroup)?.[0] ?? "unknown"}` } : compare(caps(settings), limits);
  });
}

/** Memory may be less by a few pages: the kernel rounds. */
const memory = (caps: Caps, { memoryMax }: KernelLimits): Finding => ({ ok: Number(memoryMax) <= caps.memoryMaxBytes && Number(memoryMax) > caps.memoryMaxBytes - 65_536, got: `${memoryMax} bytes` });
const cpu = (caps: Caps, { cpuMax }: KernelLimits): Finding => ({ ok: Math.abs((cpuPercent(cpuMax) ?? Infinity) - caps.cpuQuotaPercent) < 0.5, got: `${cpuPercent(cpuMax) ?? "max"} %` });
const pids = (caps: Caps, { pidsMax }: KernelLimits): Finding => ({ ok: Number(pidsMax) === caps.tasksMax, got: `${pidsMax} processes and threads` });

const capabilityFields = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];
const noCapabilities = "0000000000000000";
const podmanSocket = /podman|docker|containerd|crio/;

/** What is proved of the box that every agent is in. */
export const boxRows: readonly ProofRow<BoxEvidence>[] = [
  {
    name: "image-is-built",
    asserts: "agents run in the image that was built here",
    wanted: "the image with a content tag",
    remedy: "run `pulumi up`: the agentImage step builds and tags it",
    judge: seen(({ imageId }, _, { builtImage }) => ({ ok: imageId === builtImage, got: imageId.slice(0, 12) })),
  },
  {
    name: "container-not-root",
    protection: "user",
    asserts: "an agent is not root in its container, and outside it is the service user",
    wanted: "uid 1000 inside, the service user's outside",
    remedy,
    judge: seen(({ process }, _, { serviceUid }) => ({ ok: process.uid === 1000 && process.hostUid === serviceUid, got: `uid ${process.uid} inside, ${process.hostUid === serviceUid ? "the service user's" : process.hostUid} outside` })),
  },
  {
    name: "container-no-capabilities",
    protection: "capDrop",
    asserts: "it has no capabilities and cannot get any",
    wanted: "none, not even in its bounding set",
    remedy,
    judge: both(
      seen(({ process }) => none(others(process.capabilities, [noCapabilities]), "none")),
      within((inside) => none(capabilityFields.filter((field) => statusField(inside.status, field) !== noCapabilities).map((field) => `${field} ${statusField(inside.status, field)}`), "none")),
    ),
  },
  {
    name: "setuid-does-not-raise",
    protection: "noNewPrivileges",
    asserts: "a program with root's set-user-id bit does not become root",
    wanted: "NoNewPrivs 1, and uid 1000 in the program",
    remedy,
    judge: both(
      seen(({ process }) => ({ ok: process.noNewPrivileges, got: `NoNewPrivs ${Number(process.noNewPrivileges)}` })),
      within(({ setuid }) => (setuid === null ? { ok: true, got: "NoNewPrivs 1; the image has no such program" } : { ok: setuid.effectiveUid === 1000, got: `NoNewPrivs 1, uid ${setuid.effectiveUid} in ${setuid.program}` })),
    ),
  },
  {
    name: "container-root-read-only",
    protection: "readOnly",
    asserts: "its root file system cannot be written",
    wanted: "EROFS everywhere",
    remedy,
    judge: both(
      seen(({ process }) => ({ ok: process.rootWrite === "refused: EROFS", got: process.rootWrite })),
      within(({ writes }) => {
        const { "/app/src": _, ...image } = writes;
        return none(others(image, ["EROFS"]), `EROFS in ${Object.keys(image).length} directories`);
      }),
    ),
  },
  {
    name: "agent-source-read-only",
    asserts: "an agent cannot change the code that its next start runs",
    wanted: "EROFS in /app/src",
    remedy,
    applies: ({ agentSourceReadOnly }) => agentSourceReadOnly,
    judge: within(({ writes }) => ({ ok: writes["/app/src"] === "EROFS", got: writes["/app/src"] ?? "no /app/src" })),
  },
  {
    name: "kernel-views-masked",
    asserts: "what /proc and /sys tell of the whole kernel is masked, and its switches are read-only",
    wanted: "masked or absent; /proc/sys, /proc/sysrq-trigger, /proc/irq, /proc/bus and /sys read-only",
    remedy: "podman masks these by itself: see `podman --version` and containers.conf of nanoclaw",
    judge: within(({ views, writableViews }) => none([...others(views, ["masked", "absent"]), ...writableViews.map((path) => `${path} not read-only`)], "masked, and read-only")),
  },
  {
    name: "system-calls-filtered",
    asserts: "podman's seccomp filter is on",
    wanted: "Seccomp 2 (filter)",
    remedy: "see seccomp_profile in containers.conf of nanoclaw",
    judge: within(({ status }) => ({ ok: statusField(status, "Seccomp") === "2", got: `Seccomp ${statusField(status, "Seccomp")}` })),
  },
  { name: "limit-memory", protection: "memory", asserts: "the kernel holds a container to its memory", wanted: ({ container }) => `${container.memoryMaxBytes} bytes`, remedy, judge: limit("scope", (settings) => settings.container, memory) },
  { name: "limit-cpu", protection: "cpus", asserts: "the kernel holds a container to its CPUs", wanted: ({ container }) => `${container.cpuQuotaPercent} %`, remedy, judge: limit("scope", (settings) => settings.container, cpu) },
  { name: "limit-pids", protection: "pids", asserts: "the kernel holds a container to its processes", wanted: ({ container }) => `${container.tasksMax} processes and threads`, remedy, judge: limit("scope", (settings) => settings.container, pids) },
  {
    name: "agents-slice-limits",
    protection: "slice",
    asserts: "all agents together are held to their slice",
    wanted: ({ agentsSlice }) => `${agentsSlice.memoryMaxBytes} bytes, ${agentsSlice.cpuQuotaPercent} %, ${agentsSlice.tasksMax} processes and threads`,
    remedy: "run `pulumi up`: the podman step writes nanoclaw-agents.slice",
    judge: limit("agentsSlice", (settings) => settings.agentsSlice, (caps, limits) => {
      const findings = [memory, cpu, pids].map((compare) => compare(caps, limits));
      return { ok: findings.every(({ ok }) => ok), got: findings.map(({ got }) => got).join(", ") };
    }),
  },
  {
    name: "other-groups-hidden",
    asserts: "another group's workspace, session and messages are not there",
    wanted: "its mark nowhere",
    remedy,
    judge: within(({ neighbour }) => none(neighbour, "nowhere")),
  },
  {
    name: "project-hidden",
    asserts: "NanoClaw's own directory, with its .env, is not there for a group that is not main",
    wanted: "no /workspace/project, no /var/lib/nanoclaw",
    remedy,
    judge: within(({ there }) => none(there.filter((path) => !path.startsWith("/etc/nanoclaw")), "neither")),
  },
  {
    name: "policy-hidden",
    asserts: "the guard's policy and the service's environment are not there",
    wanted: "no /etc/nanoclaw",
    remedy,
    judge: within(({ there }) => none(there.filter((path) => path.startsWith("/etc/nanoclaw")), "no /etc/nanoclaw")),
  },
  {
    name: "podman-socket-hidden",
    asserts: "no socket of podman or docker is there",
    wanted: "none",
    remedy,
    judge: within(({ sockets }) => none(sockets.filter((path) => podmanSocket.test(path)), "none")),
  },
  {
    name: "service-manager-unreachable",
    asserts: "neither systemd nor D-Bus, nor any other service of the host, has a socket there",
    wanted: "no socket but the egress doors'",
    remedy,
    judge: within(({ sockets }) => none(sockets.filter((path) => !podmanSocket.test(path) && !path.startsWith("/run/egress/")), "none")),
  },
  {
    name: "host-processes-hidden",
    asserts: "it sees its own processes and no other",
    wanted: "its init and the probe",
    remedy,
    judge: within(({ processes }) => none(processes.length <= 8 && !processes.includes("systemd") ? [] : [`${processes.length} processes, such as ${processes.slice(0, 5).join(", ")}`], `${processes.length}: ${processes.join(", ")}`)),
  },
  {
    name: "secrets-by-role",
    protection: "secrets",
    asserts: "a secret of another role is neither on stdin nor in the environment nor in a file",
    wanted: ({ foreignSecrets }) => `no trace of ${foreignSecrets.join(", ") || "any"}`,
    remedy,
    judge: within(({ secrets }) => none(Object.entries(secrets).filter(([, places]) => places.length > 0).map(([name, places]) => `${name}: ${places.join(", ")}`), "none")),
  },
];
