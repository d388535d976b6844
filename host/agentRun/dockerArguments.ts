import { join } from "node:path";
import type { AgentMount, NanoclawContract } from "../../contract/nanoclaw.ts";

/** What decides the `docker run` line of an agent. */
export interface DockerRun {
  contract: NanoclawContract;
  /** NanoClaw's root, absolute. */
  root: string;
  /** The group's folder name. */
  group: string;
  /** Milliseconds since 1970: part of the container's name, as NanoClaw makes it unique. */
  startedAt: number;
  timezone: string;
  uid: number;
  gid: number;
  image: string;
  /** Whether a path exists, for mounts that depend on one. */
  exists: (path: string) => boolean;
}

/** The container's name: the group's folder with everything odd replaced, and the time. */
export function containerName(run: Pick<DockerRun, "contract" | "group" | "startedAt">): string {
  return `${run.contract.containerPrefix}${run.group.replace(/[^a-zA-Z0-9-]/g, "-")}-${run.startedAt}`;
}

/** Where a mount's source lies on the host. */
export function mountSource(mount: AgentMount, root: string, group: string): string {
  return mount.source.startsWith("/") ? mount.source : join(root, mount.source.replace("{group}", group));
}

/** The mounts that a group gets, in order. */
export function mountsOf(run: Pick<DockerRun, "contract" | "root" | "group" | "exists">): AgentMount[] {
  const kind = run.group === run.contract.mainFolder ? "main" : "others";
  return run.contract.mounts.filter(
    (mount) => (mount.groups === "all" || mount.groups === kind) && (mount.onlyIf === undefined || run.exists(join(run.root, mount.onlyIf))),
  );
}

/** The arguments of `docker`, in NanoClaw's own order. */
export function dockerArguments(run: DockerRun): string[] {
  const user = run.uid === 0 || run.uid === 1000 ? [] : ["--user", `${run.uid}:${run.gid}`, "-e", "HOME=/home/node"];
  const mounts = mountsOf(run).flatMap((mount) => ["-v", `${mountSource(mount, run.root, run.group)}:${mount.target}${mount.readOnly ? ":ro" : ""}`]);
  return ["run", "-i", "--rm", "--name", containerName(run), "-e", `TZ=${run.timezone}`, ...user, ...mounts, run.image];
}
