import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { stateRoot } from "../agentRun/serviceUser.ts";
import { experiment } from "./experiment.ts";
import { compareLimits, describeCaps, readLimits, type KernelLimits } from "./limits.ts";

/** NanoClaw's service and its state, as they are. */
export interface ServiceFacts {
  /** systemd's ActiveState and SubState of nanoclaw.service. */
  active: string;
  sub: string;
  /** True when the unit that waits for pairing is active. */
  waits: boolean;
  /** What the kernel holds the service to; while it waits it has no cgroup: then what systemd will set. */
  limits: KernelLimits;
  /** What is mounted on the state's directory; undefined when nothing is. */
  stateSource: string | undefined;
}

/** NanoClaw's service and its state. */
export const serviceProofs = experiment<ServiceFacts>({
  does: "looking at NanoClaw's service",
  look: settledServiceFacts,
  rows: [
    {
      name: "service-active",
      asserts: "nanoclaw.service runs, or waits for pairing",
      wanted: "active, or waiting for pairing",
      remedy: "see `journalctl -u nanoclaw.service`",
      judge: ({ active, sub, waits }) => {
        const waiting = active === "inactive" && waits;
        return { ok: active === "active" || waiting, got: active === "active" ? "active" : waiting ? "waiting for pairing" : `${active} (${sub})` };
      },
    },
    {
      name: "service-limits",
      asserts: "the service itself is held to its share",
      wanted: ({ serviceCaps }) => describeCaps(serviceCaps),
      remedy: "run `pulumi up`: the service step writes resources.conf",
      judge: ({ limits }, { serviceCaps }) => compareLimits(serviceCaps, limits),
    },
    {
      name: "state-on-volume",
      asserts: "NanoClaw's state lies where it belongs",
      // A machine of somebody else's may well have a volume of its own there.
      wanted: ({ stateOnVolume }) => (stateOnVolume ? `a volume on ${stateRoot}` : `${stateRoot}, on whatever disk`),
      remedy: "run `pulumi up`: the podman step mounts it",
      judge: ({ stateSource }, { stateOnVolume }) => ({ ok: stateSource !== undefined || !stateOnVolume, got: stateSource ?? "on the root disk" }),
    },
  ],
});

/** NanoClaw gives podman 10 seconds to answer when it starts, which a busy host may miss once: systemd starts it again. */
async function settledServiceFacts(): Promise<ServiceFacts> {
  const deadline = Date.now() + 90_000;
  let facts = serviceFacts();
  while (facts.active === "activating" && Date.now() < deadline) {
    await sleep(3000);
    facts = serviceFacts();
  }
  return facts;
}

function serviceFacts(): ServiceFacts {
  const service = unitProperties("nanoclaw.service", ["ActiveState", "SubState", "ControlGroup", "MemoryMax", "CPUQuotaPerSecUSec", "TasksMax"]);
  const active = service["ActiveState"] ?? "";
  return {
    active,
    sub: service["SubState"] ?? "",
    waits: unitProperties("nanoclaw-paired.path", ["ActiveState"])["ActiveState"] === "active",
    limits: active === "active" ? readLimits(service["ControlGroup"] ?? "") : unitLimits(service),
    stateSource: mountedAt(readFileSync("/proc/self/mountinfo", "utf8"), stateRoot),
  };
}

/** Properties of a systemd unit, as `systemctl show` prints them. */
export function unitProperties(unit: string, names: string[]): Record<string, string> {
  const text = execFileSync("systemctl", ["show", unit, `--property=${names.join(",")}`], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  return Object.fromEntries(text.trim().split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

/** A unit's limits in the kernel's words. */
export function unitLimits(unit: Record<string, string>): KernelLimits {
  const quota = /^(?:(?<minutes>\d+)min ?)?(?:(?<seconds>[\d.]+)s)?(?:(?<millis>[\d.]+)ms)?$/.exec(unit["CPUQuotaPerSecUSec"] ?? "")?.groups;
  const percent = quota === undefined ? NaN : 6000 * Number(quota["minutes"] ?? 0) + 100 * Number(quota["seconds"] ?? 0) + Number(quota["millis"] ?? 0) / 10;
  return { memoryMax: unit["MemoryMax"] ?? "", cpuMax: `${percent * 1000} 100000`, pidsMax: unit["TasksMax"] ?? "" };
}

/** Where a path is mounted, by the text of /proc/self/mountinfo: the source of a mount exactly there, or undefined. */
export function mountedAt(mountinfo: string, path: string): string | undefined {
  const line = mountinfo.split("\n").findLast((text) => text.split(" ")[4] === path);
  return line?.split(" - ")[1]?.split(" ")[1];
}
