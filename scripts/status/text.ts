import type { Finding, FleetStatus, Gauge, HostSeen, HostStatus, Usage } from "../../contract/status.ts";
import { bytes, duration, plural } from "./quantities.ts";

/** Wraps text in a colour; the plain painter returns it as it is. */
type Paint = (text: string, colour: "red" | "yellow" | "green" | "dim" | "bold") => string;

const codes = { red: 31, yellow: 33, green: 32, dim: 2, bold: 1 } as const;
const painted: Paint = (text, colour) => `\u001b[${codes[colour]}m${text}\u001b[0m`;
const plain: Paint = (text) => text;
const barWidth = 14;

/** What `make status` shows on a terminal. Pure. */
export function statusText(fleet: FleetStatus, { colour }: { colour: boolean }): string {
  const paint = colour ? painted : plain;
  const hosts = fleet.hosts.map((host) => hostText(host, fleet, paint));
  return [firstLine(fleet, paint), ...hosts].join("\n\n");
}

/** What to do first, in one line; or that there is nothing. */
export function summary({ stack, hosts, ok }: FleetStatus): string {
  if (ok) return `all is well: ${plural(hosts.length, "host")} of stack ${stack}`;
  const first = hosts.flatMap(({ name, findings }) => findings.map((finding) => ({ name, ...finding }))).sort(byUrgency)[0];
  return first === undefined ? "" : `${first.name}: ${first.what}. To do: ${first.remedy}`;
}

const byUrgency = (a: Finding, b: Finding): number => levels.indexOf(a.level) - levels.indexOf(b.level);
const levels = ["wrong", "waiting", "note"];

function firstLine(fleet: FleetStatus, paint: Paint): string {
  const waiting = !fleet.ok && fleet.hosts.every(({ findings }) => findings.every(({ level }) => level !== "wrong"));
  return paint(summary(fleet), fleet.ok ? "green" : waiting ? "yellow" : "red");
}

function hostText({ name, login, findings, seen, ok }: HostStatus, { at }: FleetStatus, paint: Paint): string {
  const worst = findings[0]?.level;
  const mark = ok ? paint("●", "green") : paint("●", worst === "waiting" ? "yellow" : "red");
  const about = seen === null ? "" : ` · ${seen.os} · up ${duration(seen.uptimeSeconds)} · load ${seen.load} on ${plural(seen.cpus, "CPU")}`;
  const rows = seen === null ? [] : rowsOf(seen, new Date(at), paint);
  return [`${mark} ${paint(name, "bold")}  ${paint(login + about, "dim")}`, ...findings.map((finding) => findingText(finding, paint)), ...rows].join("\n");
}

function findingText({ level, what, remedy }: Finding, paint: Paint): string {
  const [mark, colour] = ({ wrong: ["✗", "red"], waiting: ["…", "yellow"], note: ["!", "yellow"] } as const)[level];
  return `  ${paint(mark, colour)} ${what}\n    ${paint(`→ ${remedy}`, "dim")}`;
}

function rowsOf(seen: HostSeen, at: Date, paint: Paint): string[] {
  if (!seen.provisioned) return [];
  const rows: [string, string][] = [["service", serviceText(seen)]];
  if (seen.release !== null) rows.push(["release", `${seen.release.id} · NanoClaw ${seen.release.nanoclaw} · Node ${seen.release.node}`]);
  if (seen.image !== null) rows.push(["image", seen.image.slice(0, 12)]);
  rows.push(["containers", `${seen.containers.now} of ${seen.containers.cap ?? "?"}${seen.containers.memoryBytes.length > 0 ? ` (${seen.containers.memoryBytes.map(bytes).join(", ")})` : ""}`]);
  rows.push(["agents", seen.agents === null ? "none has run since the host booted" : usageText(seen.agents, paint)]);
  if (seen.service.usage !== null) rows.push(["NanoClaw", usageText(seen.service.usage, paint)]);
  for (const { holds, freeBytes, sizeBytes } of seen.disks) {
    rows.push(["disk", `${bar(1 - freeBytes / sizeBytes, paint)} ${bytes(freeBytes)} of ${bytes(sizeBytes)} free (${holds})`]);
  }
  rows.push(["network", Object.entries(seen.network).map(([role, mode]) => `${role} ${mode}`).join(", ") || "unknown"]);
  rows.push(["last day", dayText(seen)], ["drift", seen.drift.length === 0 ? "none" : seen.drift.map(({ step }) => step).join(", ")], ["proofs", smokeText(seen, at)]);
  return rows.map(([name, text]) => `  ${paint(name.padEnd(11), "dim")} ${text}`);
}

/** What the service does, and for how long. */
export function serviceText({ service }: HostSeen): string {
  const state = service.state !== "active" && service.waitsFor !== null ? "waits to be paired" : service.state;
  return service.sinceSeconds === null ? state : `${state} for ${duration(service.sinceSeconds)}`;
}

/** What happened in the last day. */
export function dayText({ guard, denied }: HostSeen): string {
  const sum = (counts: { count: number }[]): number => counts.reduce((all, { count }) => all + count, 0);
  const parts = [plural(sum(guard.refusals), "refusal"), plural(sum(guard.downgrades), "downgrade")];
  if (denied !== null) parts.push(plural(denied.length, "denied domain"));
  return parts.join(", ");
}

/** How the last smoke test ended. */
export function smokeText({ smoke }: HostSeen, at: Date): string {
  if (smoke === null) return "no report kept yet";
  const held = smoke.proofs.filter(({ ok }) => ok).length;
  return `${held} of ${smoke.proofs.length} held, ${duration(Math.max(0, (at.getTime() - Date.parse(smoke.at)) / 1000))} ago`;
}

function usageText({ memoryBytes, cpuPercent, tasks }: Usage, paint: Paint): string {
  return [
    `memory ${bar(share(memoryBytes), paint)} ${bytes(memoryBytes.used)} of ${memoryBytes.cap === null ? "no cap" : bytes(memoryBytes.cap)}`,
    `CPU ${bar(share(cpuPercent), paint)} ${cpuPercent.used} of ${cpuPercent.cap ?? "no cap"} %`,
    `${tasks.used} of ${tasks.cap ?? "no cap"} processes`,
  ].join("  ");
}

/** How much of its cap is used, 0 to 1; 0 without a cap. */
export function share({ used, cap }: Gauge): number {
  return cap === null || cap === 0 ? 0 : Math.min(1, used / cap);
}

function bar(part: number, paint: Paint): string {
  const filled = Math.min(barWidth, Math.max(part > 0 ? 1 : 0, Math.round(part * barWidth)));
  const text = "━".repeat(filled);
  return (part >= 0.9 ? paint(text, "red") : part >= 0.75 ? paint(text, "yellow") : paint(text, "green")) + paint("─".repeat(barWidth - filled), "dim");
}
