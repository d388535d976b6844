import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Proof } from "../../contract/proofs.ts";
import type { SmokeSettings } from "../../contract/settings.ts";
import { asService, stateRoot, type ServiceUser } from "../agentRun/serviceUser.ts";
import { compareLimits, describeCaps, readLimits } from "./limits.ts";
import { prove, same, type Finding } from "./proof.ts";

const guardPath = "/opt/nanoclaw/bin/docker";

interface PodmanInfo {
  host: { security: { rootless: boolean }; cgroupVersion: string; cgroupManager: string; ociRuntime: { name: string } };
  store: { graphDriverName: string };
}

/** Podman as the service user sees it, and the `docker` that the service finds. */
export async function podmanProofs(user: ServiceUser): Promise<Proof[]> {
  const remedy = "run `pulumi up`: the podman step sets it up; `podman info` as nanoclaw shows it";
  let info: PodmanInfo | undefined;
  const rootless = await prove({ name: "podman-rootless", asserts: "podman runs without root", wanted: "rootless", remedy }, () => {
    info = JSON.parse(asService(user, "podman", ["info", "--format", "json"])) as PodmanInfo;
    return same("rootless", info.host.security.rootless ? "rootless" : "as root");
  });
  const known = (look: (value: PodmanInfo) => Finding) => (): Finding => (info === undefined ? { ok: false, got: "podman info failed" } : look(info));
  return [
    rootless,
    await prove({ name: "podman-storage", asserts: "images lie in overlay storage", wanted: "overlay", remedy }, known((value) => same("overlay", value.store.graphDriverName))),
    await prove(
      { name: "podman-cgroups", asserts: "limits go through cgroup v2, systemd and crun", wanted: "v2, systemd, crun", remedy },
      known(({ host }) => same("v2, systemd, crun", `${host.cgroupVersion}, ${host.cgroupManager}, ${host.ociRuntime.name}`)),
    ),
    await prove({ name: "docker-is-guard", asserts: "`docker` in the service's PATH is the guard", wanted: guardPath, remedy: "run `pulumi up`: the guard step installs it" }, () =>
      same(guardPath, asService(user, "/bin/sh", ["-c", "command -v docker"]).trim()),
    ),
  ];
}

/** The id of the image that carries both the name NanoClaw runs and a tag of its content; undefined when there is none. */
export function taggedImage(user: ServiceUser, imageName: string): string | undefined {
  const [image] = JSON.parse(asService(user, "podman", ["image", "inspect", imageName])) as { Id: string; RepoTags: string[] }[];
  return image?.RepoTags.some((tag) => /:[0-9a-f]{16}$/.test(tag)) === true ? image.Id : undefined;
}

function unitProperties(unit: string, names: string[]): Record<string, string> {
  const text = execFileSync("systemctl", ["show", unit, `--property=${names.join(",")}`], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  return Object.fromEntries(text.trim().split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}

/** Where a path is mounted, by the text of /proc/self/mountinfo: the source of a mount exactly there, or undefined. */
export function mountedAt(mountinfo: string, path: string): string | undefined {
  const line = mountinfo.split("\n").findLast((text) => text.split(" ")[4] === path);
  return line?.split(" - ")[1]?.split(" ")[1];
}

/** NanoClaw's service and its state. */
export async function serviceProofs(settings: SmokeSettings): Promise<Proof[]> {
  let service: Record<string, string> = {};
  let running = false;
  const active = await prove(
    { name: "service-active", asserts: "nanoclaw.service runs, or waits for pairing", wanted: "active, or waiting for pairing", remedy: "see `journalctl -u nanoclaw.service`" },
    () => {
      service = unitProperties("nanoclaw.service", ["ActiveState", "SubState", "ControlGroup"]);
      running = service["ActiveState"] === "active";
      const paired = unitProperties("nanoclaw-paired.path", ["ActiveState"]);
      const waiting = service["ActiveState"] === "inactive" && paired["ActiveState"] === "active";
      return { ok: running || waiting, got: running ? "active" : waiting ? "waiting for pairing" : `${service["ActiveState"]} (${service["SubState"]})` };
    },
  );
  const limits = await prove(
    { name: "service-limits", asserts: "the service itself is held to its share", wanted: describeCaps(settings.serviceCaps), remedy: "run `pulumi up`: the service step writes resources.conf" },
    () => (running ? compareLimits(settings.serviceCaps, readLimits(service["ControlGroup"] ?? "")) : unitLimits(settings)),
  );
  const wanted = settings.stateOnVolume ? `a volume on ${stateRoot}` : `${stateRoot} on the root disk`;
  const state = await prove({ name: "state-on-volume", asserts: "NanoClaw's state lies where it belongs", wanted, remedy: "run `pulumi up`: the podman step mounts it" }, () => {
    const source = mountedAt(readFileSync("/proc/self/mountinfo", "utf8"), stateRoot);
    return { ok: (source !== undefined) === settings.stateOnVolume, got: source ?? "on the root disk" };
  });
  return [active, limits, state];
}

/** While the service waits it has no cgroup: then what systemd will set counts. */
function unitLimits(settings: SmokeSettings): Finding {
  const unit = unitProperties("nanoclaw.service", ["MemoryMax", "CPUQuotaPerSecUSec", "TasksMax"]);
  const quota = /^(?:(?<minutes>\d+)min ?)?(?:(?<seconds>[\d.]+)s)?(?:(?<millis>[\d.]+)ms)?$/.exec(unit["CPUQuotaPerSecUSec"] ?? "")?.groups;
  const percent = quota === undefined ? NaN : 6000 * Number(quota["minutes"] ?? 0) + 100 * Number(quota["seconds"] ?? 0) + Number(quota["millis"] ?? 0) / 10;
  return compareLimits(settings.serviceCaps, { memoryMax: unit["MemoryMax"] ?? "", cpuMax: `${percent * 1000} 100000`, pidsMax: unit["TasksMax"] ?? "" });
}
