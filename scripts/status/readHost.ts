import { z } from "zod";
import { HostFacts } from "../../contract/facts.ts";
import { ProofReport } from "../../contract/proofs.ts";
import type { HostSeen, Usage } from "../../contract/status.ts";
import { guardDay } from "./guardDay.ts";
import { cutSections, type Sections } from "./sections.ts";

/**
 * Reads what `probe.sh` and `status.sh` printed, one after the other. Pure.
 * @throws Error when it is not theirs: the first line must be the probe's facts
 */
export function readHost(output: string): HostSeen {
  const sections = cutSections(output);
  const facts = HostFacts.parse(JSON.parse(sections.head));
  const host = sections.table("host");
  const installed = sections.table("installed");
  const [before, after] = [sections.table("sample", 0), sections.table("sample", 1)];
  const uptimeSeconds = number(after.get("uptime")) ?? 0;
  const seconds = uptimeSeconds - (number(before.get("uptime")) ?? 0);
  const spent = (cgroup: string): number => {
    const [first, last] = [number(before.get(cgroup)), number(after.get(cgroup))];
    return first === undefined || last === undefined || seconds <= 0 ? 0 : Math.max(0, (last - first) / 1e4 / seconds);
  };
  const available = (number(host.get("available")) ?? 0) * 1024;
  const containers = sections.lines("containers").map(Number);
  const left = Object.entries(facts.steps);
  return {
    os: facts.os.prettyName,
    kernel: facts.kernel,
    uptimeSeconds,
    load: number(host.get("load")) ?? 0,
    cpus: facts.cpus,
    memoryBytes: { used: facts.memoryBytes - available, cap: facts.memoryBytes },
    rebootRequired: host.has("reboot"),
    provisioned: host.get("user") !== "none" && left.length > 0,
    service: readService(sections, uptimeSeconds, spent("nanoclaw.service")),
    containers: { now: containers.length, cap: number(unquoted(installed.get("containers"))) ?? null, memoryBytes: containers },
    agents: readUsage(sections.table("usage agents"), spent("nanoclaw-agents.slice")),
    outOfMemoryKills: number(sections.table("usage agents").get("oom_kill")) ?? 0,
    disks: readDisks(sections.lines("disks")),
    release: installed.has("release")
      ? { id: installed.get("release")!, nanoclaw: unquoted(installed.get("nanoclaw")), node: unquoted(installed.get("node")) }
      : null,
    image: installed.get("image") ?? null,
    network: readNetwork(sections.lines("policy").join("")),
    drift: left.filter(([, { drift }]) => drift.length > 0).map(([step, { drift }]) => ({ step, facts: drift })),
    unfinished: left.filter(([, { complete }]) => !complete).map(([step]) => step),
    downUnits: [...unitsOf(sections)].flatMap(([unit, properties]) => (isDown(unit, properties) ? [{ unit, state: stateOf(properties) }] : [])),
    guard: guardDay(sections.lines("guard")),
    denied: readDenied(sections.lines("denied").join("")),
    smoke: readSmoke(sections.lines("smoke")),
  };
}

/** A value as shell and JSON files have it: without quotes and a comma; "unknown" for none. */
function unquoted(text: string | undefined): string {
  return text?.replaceAll(/^"|",?$/g, "") || "unknown";
}

/** A number that a line begins with; undefined for `max`, nothing, or something else. */
function number(text: string | undefined): number | undefined {
  const value = Number.parseFloat(text ?? "");
  return Number.isFinite(value) ? value : undefined;
}

function readUsage(table: Map<string, string>, cpuPercent: number): Usage | null {
  const memory = number(table.get("memory.current"));
  if (memory === undefined) return null;
  const [quota, period] = (table.get("cpu.max") ?? "").split(" ").map(number);
  return {
    memoryBytes: { used: memory, cap: number(table.get("memory.max")) ?? null },
    cpuPercent: { used: Math.round(cpuPercent), cap: quota === undefined || !period ? null : Math.round((quota * 100) / period) },
    tasks: { used: number(table.get("pids.current")) ?? 0, cap: number(table.get("pids.max")) ?? null },
  };
}

function unitsOf(sections: Sections): Map<string, Map<string, string>> {
  return new Map(sections.blocks("units").map((unit) => [unit.get("Id") ?? "", unit]));
}

/** One that restarts again and again never counts as failed to systemd. A path unit may rest: it waits for a file. */
function isDown(unit: string, properties: ReadonlyMap<string, string>): boolean {
  const state = properties.get("ActiveState");
  if (state === "failed") return true;
  return properties.get("UnitFileState") === "enabled" && /\.(service|socket)$/.test(unit) && state !== "active" && state !== "reloading";
}

function stateOf(properties: ReadonlyMap<string, string>): string {
  const [state = "", detail = state] = [properties.get("ActiveState"), properties.get("SubState")];
  return ["failed", "dead", state].includes(detail) ? state : `${state} (${detail})`;
}

function readService(sections: Sections, uptimeSeconds: number, cpuPercent: number): HostSeen["service"] {
  const unit = unitsOf(sections).get("nanoclaw.service") ?? new Map<string, string>();
  const state = unit.get("LoadState") === "loaded" ? (unit.get("ActiveState") ?? "unknown") : "not installed";
  const since = number(unit.get(state === "active" ? "ActiveEnterTimestampMonotonic" : "InactiveEnterTimestampMonotonic")) ?? 0;
  return {
    state,
    result: unit.get("Result") ?? "",
    sinceSeconds: since > 0 ? Math.max(0, Math.round(uptimeSeconds - since / 1e6)) : null,
    restarts: number(unit.get("NRestarts")) ?? 0,
    waitsFor: sections.lines("pairing")[0] ?? null,
    usage: readUsage(sections.table("usage service"), cpuPercent),
  };
}

const holds: Record<string, string> = { "/": "system", "/home/nanoclaw": "images", "/var/lib/nanoclaw": "state" };

/** The paths, then what `df -Pk` says of each in turn; paths on one file system become one entry. */
function readDisks([paths = "", , ...lines]: readonly string[]): HostSeen["disks"] {
  const disks = new Map<string, { holds: string[]; freeBytes: number; sizeBytes: number }>();
  for (const [index, path] of paths.split(" ").entries()) {
    const [device, size, , free, , mount] = (lines[index] ?? "").trim().split(/\s+/);
    if (device === undefined || mount === undefined) continue;
    const disk = disks.get(mount) ?? { holds: [], freeBytes: Number(free) * 1024, sizeBytes: Number(size) * 1024 };
    disk.holds.push(holds[path] ?? path);
    disks.set(mount, disk);
  }
  return [...disks.values()].map(({ holds: names, ...disk }) => ({ holds: names.join(", "), ...disk }));
}

function parsed<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Another version's policy may have more members: only the modes are read. */
const policyRoles = z.object({ roles: z.array(z.object({ name: z.string(), network: z.string() })) });

function readNetwork(policy: string): Record<string, string> {
  return Object.fromEntries((parsed(policyRoles, policy)?.roles ?? []).map(({ name, network }) => [name, network]));
}

/** By role, then by `name:port`; 443 is what everybody means. */
const deniedByRole = z.record(z.string(), z.record(z.string(), z.int()));

function readDenied(text: string): HostSeen["denied"] {
  const roles = parsed(deniedByRole, text);
  if (roles === undefined) return null;
  const denied = Object.entries(roles).flatMap(([role, names]) => Object.entries(names).map(([name, count]) => ({ domain: name.replace(/:443$/, ""), role, count })));
  return denied.sort((a, b) => b.count - a.count);
}

function readSmoke([written, ...report]: readonly string[]): HostSeen["smoke"] {
  const proofs = parsed(ProofReport, report.join(""));
  return proofs === undefined ? null : { at: new Date(Number(written) * 1000).toISOString(), ...proofs };
}
