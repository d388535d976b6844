import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { inside } from "../../contract/mountRules.ts";
import { takeSnapshot, type SnapshotEntry } from "./snapshot.ts";

/** How sources are looked at; `check` on the operator has no host to look at. */
export interface MountWorld {
  /** Real path of something that exists. @throws when it does not */
  readonly resolve: (path: string) => { path: string; kind: "directory" | "file" | "other" };
  /** Names in a directory. */
  readonly list: (path: string) => string[];
  /** Places below a directory at which another file system is mounted. */
  readonly mountedBelow: (path: string) => string[];
  /** What a small file or directory holds now. @throws Refusal when it is a link, or not small */
  readonly snapshot: (path: string) => SnapshotEntry[];
}

const O_PATH = 0o10000000;

/** The host's file system, now: the path is opened, so that what is looked at and what is named are one thing. */
export const hostWorld: MountWorld = {
  resolve(path) {
    const fd = openSync(path, O_PATH | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd);
      return { path: readlinkSync(`/proc/self/fd/${fd}`), kind: stat.isDirectory() ? "directory" : stat.isFile() ? "file" : "other" };
    } finally {
      closeSync(fd);
    }
  },
  list: (path) => readdirSync(path),
  snapshot: takeSnapshot,
  mountedBelow: (path) =>
    readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .flatMap((line) => line.split(" ")[4] ?? [])
      // The kernel writes blanks and backslashes as \040 and \134.
      .map((place) => place.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
      .filter((place) => place !== path && inside(place, path)),
};

/** Those of the names whose last part is a mount's source or place, in whatever process of ours: containers outlive their guard. */
export function mountedNames(names: readonly string[]): Set<string> {
  const seen = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid)).map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/mountinfo`, "utf8");
    } catch {
      return ""; // it has ended, or is not ours
    }
  });
  return new Set(names.filter((name) => seen.some((text) => text.includes(`/${name} `))));
}

/** For `check`: what does not exist is taken to become a directory when its parents do not lead elsewhere. */
export const lenientWorld: MountWorld = {
  resolve(path) {
    try {
      return hostWorld.resolve(path);
    } catch {
      const cut = path.lastIndexOf("/");
      const parent = cut <= 0 ? "/" : this.resolve(path.slice(0, cut)).path;
      return { path: `${parent === "/" ? "" : parent}${path.slice(cut)}`, kind: "directory" };
    }
  },
  list(path) {
    try {
      return readdirSync(realpathSync(path));
    } catch {
      return [];
    }
  },
  mountedBelow: () => [],
  // Nothing, or what is there: the decision is about the place.
  snapshot(path) {
    try {
      return takeSnapshot(path);
    } catch {
      return [{ name: "", content: Buffer.from("-----BEGIN CERTIFICATE-----"), link: false }];
    }
  },
};
