import type { Finding, HostSeen } from "../../contract/status.ts";
import { bytes, percent, plural } from "./quantities.ts";

/** Below both this share of a file system and this many bytes free nothing works for long; below the second pair it is noted. */
const diskWrong = { share: 0.05, bytes: 2 ** 30 };
const diskNote = { share: 0.1, bytes: 3 * 2 ** 30 };

/** What a host's facts mean, the most urgent first. Pure. `up` is the command that repairs this stack. */
export function findingsOf(seen: HostSeen, up: string, pair: string): Finding[] {
  if (!seen.provisioned) return [{ level: "wrong", about: "host", what: "it was never provisioned", remedy: `run \`${up}\`` }];
  const all = [...serviceFindings(seen, up, pair), ...diskFindings(seen), ...installedFindings(seen, up), ...dayFindings(seen)];
  const urgency = ["wrong", "waiting", "note"];
  return all.sort((a, b) => urgency.indexOf(a.level) - urgency.indexOf(b.level));
}

function serviceFindings({ service, downUnits, agents }: HostSeen, up: string, pair: string): Finding[] {
  const found: Finding[] = [];
  if (service.state === "not installed") {
    found.push({ level: "wrong", about: "service", what: "nanoclaw.service is not installed", remedy: `run \`${up}\`` });
  } else if (service.state !== "active" && service.waitsFor !== null) {
    found.push({
      level: "waiting",
      about: "service",
      what: `NanoClaw waits to be paired: it starts by itself when ${service.waitsFor} exists`,
      remedy: `run \`${pair}\`; \`make chat\` works without`,
    });
  } else if (service.state !== "active") {
    const ended = `${plural(service.restarts, "time")}, ${service.result}`;
    const how = service.state === "failed" ? `failed (${service.result})` : service.state === "activating" && service.restarts > 0 ? `starting again after it ended (${ended})` : service.state;
    found.push({ level: "wrong", about: "service", what: `nanoclaw.service is ${how}`, remedy: `see \`make logs\`, then \`${up}\`` });
  } else if (service.restarts > 0) {
    found.push({ level: "note", about: "service", what: `nanoclaw.service restarted by itself ${plural(service.restarts, "time")}`, remedy: "see `make logs`" });
  }
  for (const { unit, state } of downUnits.filter(({ unit: name }) => name !== "nanoclaw.service")) {
    found.push({ level: "wrong", about: "service", what: `${unit} does not run: ${state}`, remedy: `see \`systemctl status ${unit}\` and \`journalctl -u ${unit}\` on the host, then \`${up}\`` });
  }
  if (agents !== null && (agents.memoryBytes.cap === null || agents.cpuPercent.cap === null || agents.tasks.cap === null)) {
    found.push({ level: "wrong", about: "caps", what: "the kernel enforces no cap on the agents together", remedy: `run \`${up}\`` });
  }
  return found;
}

function diskFindings({ disks }: HostSeen): Finding[] {
  return disks.flatMap(({ holds, freeBytes, sizeBytes }): Finding[] => {
    const below = (bound: typeof diskNote): boolean => freeBytes < Math.min(bound.bytes, sizeBytes * bound.share);
    if (!below(diskNote)) return [];
    return [
      {
        level: below(diskWrong) ? "wrong" : "note",
        about: "disk",
        what: `the disk of ${holds} has ${bytes(freeBytes)} of ${bytes(sizeBytes)} left (${percent(freeBytes / sizeBytes)})`,
        remedy: holds.includes("images") ? "`sudo runuser -u nanoclaw -- podman image prune` on the host, or a larger disk" : "free space on the host, or give it a larger disk",
      },
    ];
  });
}

function installedFindings({ drift, unfinished, smoke, rebootRequired }: HostSeen, up: string): Finding[] {
  const found: Finding[] = unfinished.map((step) => ({
    level: "wrong",
    about: "steps",
    what: `step ${step} did not finish when it last ran`,
    remedy: `run \`${up}\``,
  }));
  for (const { step, facts } of drift) {
    found.push({ level: "wrong", about: "drift", what: `step ${step} has drifted: ${facts.join(", ")}`, remedy: `\`${up}\` repairs it` });
  }
  for (const proof of smoke?.proofs.filter(({ ok }) => !ok) ?? []) {
    found.push({ level: "wrong", about: "proofs", what: `${proof.name} failed: wanted ${proof.wanted}; got ${proof.got}`, remedy: proof.remedy });
  }
  if (rebootRequired) found.push({ level: "note", about: "host", what: "updates wait for a reboot", remedy: "reboot it when no agent works" });
  return found;
}

function dayFindings({ guard, denied, outOfMemoryKills }: HostSeen): Finding[] {
  const found: Finding[] = [];
  const atLeast = guard.truncated ? "at least " : "";
  for (const { rule, count, reason } of guard.refusals) {
    found.push({ level: "note", about: "guard", what: `refused ${atLeast}${plural(count, "call")} by rule ${rule}, the last: ${reason}`, remedy: "docs/SECURITY.md has the rules; `npm run -s guard -- check` tries one" });
  }
  for (const { target, count } of guard.downgrades) {
    found.push({ level: "note", about: "guard", what: `${target} was asked for writing and given read-only ${plural(count, "time")}`, remedy: "docs/SECURITY.md, rule mount-read-only" });
  }
  if (denied !== null && denied.length > 0) {
    const names = denied.slice(0, 5).map(({ domain, role, count }) => `${domain} (${role}, ${plural(count, "time")})`);
    const more = denied.length > 5 ? ` and ${denied.length - 5} more` : "";
    found.push({ level: "note", about: "egress", what: `agents asked for domains that are denied: ${names.join(", ")}${more}`, remedy: "add those that they need to the host's allowlist" });
  }
  if (outOfMemoryKills > 0) {
    found.push({ level: "note", about: "agents", what: `the kernel ended ${plural(outOfMemoryKills, "process", "processes")} of agents that reached their memory limit`, remedy: "fewer tools at once, or `browser: true` for 4 GiB each" });
  }
  return found;
}
