import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, unlinkSync } from "node:fs";
import type { GuardPolicy } from "../../contract/policy.ts";
import { Refusal } from "./refusal.ts";

/**
 * At most N containers at once, without a lock and without a race.
 *
 * A run makes a reservation: a file named after this process (pid and start time, so no name is ever used twice). It
 * then counts, and goes ahead only if all reservations, its own among them, and all containers that no reservation
 * stands for, are at most N. Of any set of runs that went ahead, the one whose reservation was made last has counted
 * all others: so they are never more than N. Runs that meet may both find too many; each then withdraws, waits a
 * random moment and tries again. execve keeps pid and start time, so a reservation lasts as long as podman's client;
 * `--cidfile` beside it tells which container it stands for, and the kernel's cgroups tell which containers exist.
 */
export interface Reservation {
  /** The file that podman writes the container's id to; it must not exist yet. */
  readonly cidFile: string;
  readonly release: () => void;
}

/** What counting needs to know of the host. */
export interface CountWorld {
  /** Ids of the containers in the slice, from the kernel. */
  readonly containers: () => string[];
  /** Start time of a process in ticks, or undefined when it is gone. */
  readonly startTime: (pid: number) => string | undefined;
  readonly pid: number;
  readonly pause: (milliseconds: number) => void;
}

/** How often a full house is looked at again, at 5 to 60 ms each, before a run is refused: containers end, too. */
const TRIES = 20;

/** @throws Refusal when N containers run */
export function reserve(policy: GuardPolicy, directory: string, world: CountWorld): Reservation {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const own = `${world.pid}-${world.startTime(world.pid)}`;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    closeSync(openSync(`${directory}/${own}`, "wx", 0o600));
    const release = (): void => {
      unlink(`${directory}/${own}`);
      unlink(`${directory}/${own}.cid`);
    };
    if (occupied(directory, world) <= policy.containers) return { cidFile: `${directory}/${own}.cid`, release };
    release();
    world.pause(5 + Math.random() * 55);
  }
  throw new Refusal("count", "docker run", `at most ${policy.containers} containers at once`, `${policy.containers} running or starting`, "wait for one to end, or raise the host's `containers`");
}

/** Reservations that hold, plus containers that none stands for. Takes away what ended. */
function occupied(directory: string, world: CountWorld): number {
  const containers = new Set(world.containers());
  let held = 0;
  for (const name of readdirSync(directory)) {
    const [, pid, start] = /^(\d+)-(\d+)$/.exec(name) ?? [];
    if (pid === undefined) continue;
    const id = read(`${directory}/${name}.cid`).trim();
    const running = containers.delete(id);
    if (world.startTime(Number(pid)) === start || running) held++;
    else {
      unlink(`${directory}/${name}.cid`);
      unlink(`${directory}/${name}`);
    }
  }
  return held + containers.size;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function unlink(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** The kernel's view of the slice of this user. */
export function sliceWorld(policy: GuardPolicy, uid: number): CountWorld {
  const directory = sliceDirectory(policy, uid);
  return {
    pid: process.pid,
    containers: () => {
      try {
        return readdirSync(directory).flatMap((name) => /^libpod-([0-9a-f]{64})\.scope$/.exec(name)?.[1] ?? []);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return []; // systemd makes it with the first container
        throw error;
      }
    },
    startTime: (pid) => {
      const stat = read(`/proc/${pid}/stat`);
      return stat === "" ? undefined : stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    },
    pause: (milliseconds) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds),
  };
}

/** Where systemd keeps a user slice: `a-b.slice` lies in `a.slice`. */
export function sliceDirectory(policy: GuardPolicy, uid: number): string {
  const parts = policy.slice.replace(/\.slice$/, "").split("-");
  const nested = parts.map((_, index) => `${parts.slice(0, index + 1).join("-")}.slice`).join("/");
  return `/sys/fs/cgroup/user.slice/user-${uid}.slice/user@${uid}.service/${nested}`;
}

/** Where the unit of the slice may be written; without one systemd would make a slice without limits. */
export function checkSlice(policy: GuardPolicy, exists: (path: string) => boolean): void {
  const places = [`/etc/systemd/user/${policy.slice}`, `/usr/lib/systemd/user/${policy.slice}`];
  if (!places.some(exists)) throw new Refusal("slice", "the slice of all containers", places[0]!, "no such file", "run `pulumi up`: the podman step writes it");
}
