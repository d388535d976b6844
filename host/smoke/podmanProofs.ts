import { asService } from "../agentRun/serviceUser.ts";
import { experiment, same } from "./experiment.ts";

const guardPath = "/opt/nanoclaw/bin/docker";
const remedy = "run `pulumi up`: the podman step sets it up; `podman info` as nanoclaw shows it";

interface PodmanFacts {
  host: { security: { rootless: boolean }; cgroupVersion: string; cgroupManager: string; ociRuntime: { name: string } };
  store: { graphDriverName: string };
}

/** Podman as the service user sees it. */
export const podmanProofs = experiment<PodmanFacts>({
  does: "asking podman",
  look: async ({ user }) => JSON.parse(asService(user, "podman", ["info", "--format", "json"])) as PodmanFacts,
  rows: [
    { name: "podman-rootless", asserts: "podman runs without root", wanted: "rootless", remedy, judge: ({ host }) => same("rootless", host.security.rootless ? "rootless" : "as root") },
    { name: "podman-storage", asserts: "images lie in overlay storage", wanted: "overlay", remedy, judge: ({ store }) => same("overlay", store.graphDriverName) },
    {
      name: "podman-cgroups",
      asserts: "limits go through cgroup v2, systemd and crun",
      wanted: "v2, systemd, crun",
      remedy,
      judge: ({ host }) => same("v2, systemd, crun", `${host.cgroupVersion}, ${host.cgroupManager}, ${host.ociRuntime.name}`),
    },
  ],
});

/** The `docker` that the service finds. */
export const dockerProofs = experiment<string>({
  does: "looking for docker as the service does",
  look: async ({ user }) => asService(user, "/bin/sh", ["-c", "command -v docker"]).trim(),
  rows: [{ name: "docker-is-guard", asserts: "`docker` in the service's PATH is the guard", wanted: guardPath, remedy: "run `pulumi up`: the guard step installs it", judge: (path) => same(guardPath, path) }],
});
