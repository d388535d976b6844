import { closeSync, constants, fstatSync, lstatSync, lutimesSync, mkdirSync, openSync, readdirSync, readlinkSync, readSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Refusal } from "./refusal.ts";

/**
 * Copies of small things that lie where an agent may write: a mount of the thing itself could be swapped for a link
 * between the guard's check and podman's mount. The copy lies in the guard's own directory, named by its content.
 */
export interface SnapshotEntry {
  /** Name below the copy; "" = the copy is one file. */
  readonly name: string;
  /** Bytes of a file, or where a link leads. Links are not followed: they mean what they mean in the container. */
  readonly content: Buffer;
  readonly link: boolean;
}

const MAX_BYTES = 1 << 20;
const MAX_ENTRIES = 256;
/** Of one snapshot, and of all that are there at once: they lie in memory. */
const MAX_TOGETHER = 4 << 20;
const MAX_ALL = 64 << 20;
/** A run has mounted its snapshots this long after it wrote them, milliseconds. */
const GRACE = 60_000;

/** Reads a plain file, or the files and links directly in a directory; nothing is opened through a link. @throws Refusal */
export function takeSnapshot(path: string): SnapshotEntry[] {
  const fd = opened(path, path);
  try {
    const stat = fstatSync(fd);
    if (stat.isFile()) return [{ name: "", content: bytesOf(fd, path), link: false }];
    if (!stat.isDirectory()) throw wrong(path, "a socket, device or pipe");
    // By the descriptor: a directory that is swapped meanwhile is not looked into.
    const here = `/proc/self/fd/${fd}`;
    const names = readdirSync(here, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    if (names.length > MAX_ENTRIES) throw wrong(path, `${names.length} files`);
    const entries = names.flatMap((entry): SnapshotEntry[] => {
      if (entry.isSymbolicLink()) return [{ name: entry.name, content: Buffer.from(readlinkSync(`${here}/${entry.name}`)), link: true }];
      if (!entry.isFile()) return [];
      const file = opened(`${here}/${entry.name}`, path);
      try {
        return [{ name: entry.name, content: bytesOf(file, path), link: false }];
      } finally {
        closeSync(file);
      }
    });
    if (sizeOf(entries) > MAX_TOGETHER) throw wrong(path, `${sizeOf(entries)} bytes`);
    return entries;
  } finally {
    closeSync(fd);
  }
}

/** Writes a snapshot; one that is there holds the same, for its name says what it holds, and is young again. */
export function writeSnapshot(path: string, entries: readonly SnapshotEntry[]): void {
  try {
    return lutimesSync(path, Date.now() / 1000, Date.now() / 1000);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const own = `${path}.${process.pid}`;
  rmSync(own, { recursive: true, force: true });
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (entries.length !== 1 || entries[0]!.name !== "") mkdirSync(own, { mode: 0o755 });
  for (const { name, content, link } of entries) {
    const place = name === "" ? own : `${own}/${name}`;
    if (link) symlinkSync(content.toString(), place);
    else writeFileSync(place, content, { flag: "wx", mode: 0o444 });
  }
  try {
    renameSync(own, path);
  } catch (error) {
    // Another run was first with the same directory.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) throw error;
    rmSync(own, { recursive: true, force: true });
  }
}

/**
 * Makes room for the snapshots of a run: removes what no container has mounted and no run is about to mount.
 * @throws Refusal when there would still be too much
 */
export function makeRoom(directory: string, wanted: readonly (readonly SnapshotEntry[])[], now: number, mounted: (names: readonly string[]) => ReadonlySet<string>): void {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return; // there is none yet
  }
  const old = names.filter((name) => now - (lstatSync(`${directory}/${name}`, { throwIfNoEntry: false })?.mtimeMs ?? now) > GRACE);
  const used = old.length === 0 ? new Set() : mounted(old);
  for (const name of old) if (!used.has(name)) rmSync(`${directory}/${name}`, { recursive: true, force: true });
  const there = readdirSync(directory, { recursive: true }).reduce((sum, name) => sum + (lstatSync(`${directory}/${name as string}`, { throwIfNoEntry: false })?.size ?? 0), 0);
  const more = wanted.reduce((sum, entries) => sum + sizeOf(entries), 0);
  if (there + more > MAX_ALL) throw new Refusal("mount-source", directory, `at most ${MAX_ALL} bytes of copies for all containers`, `${there + more}`, "wait a minute, or make the groups' container.json, CLAUDE.md and fragments smaller");
}

function sizeOf(entries: readonly SnapshotEntry[]): number {
  return entries.reduce((sum, { content }) => sum + content.length, 0);
}

/** A name that no other content has. */
export function snapshotName(entries: readonly SnapshotEntry[]): string {
  // Loaded only here: it is a fifth of what the guard adds to Node's start, and most runs have nothing to copy.
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  for (const { name, content, link } of entries) hash.update(`${name}\0${link}\0${content.length}\0`).update(content);
  return hash.digest("hex").slice(0, 32);
}

/** True when a text holds certificates and nothing secret. */
export function isCertificates(entries: readonly SnapshotEntry[]): boolean {
  const text = entries[0]?.content.toString("latin1") ?? "";
  return /-----BEGIN (TRUSTED )?CERTIFICATE-----/.test(text) && !/PRIVATE KEY/.test(text);
}

function opened(path: string, shown: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw new Refusal("mount-symlink", shown, "a file or directory that is no link", (error as NodeJS.ErrnoException).code ?? "an error", "replace the link by the file itself");
  }
}

function bytesOf(fd: number, path: string): Buffer {
  if (!fstatSync(fd).isFile()) throw wrong(path, "a socket, device or pipe");
  const buffer = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  for (let count = 1; count > 0 && length < buffer.length; length += count) count = readSync(fd, buffer, length, buffer.length - length, null);
  if (length > MAX_BYTES) throw wrong(path, `more than ${MAX_BYTES} bytes`);
  return buffer.subarray(0, length);
}

function wrong(path: string, given: string): Refusal {
  return new Refusal("mount-source", path, `plain files, at most ${MAX_ENTRIES} of ${MAX_BYTES} bytes, together ${MAX_TOGETHER}`, given, "make it smaller, or leave it out");
}
