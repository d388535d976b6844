import { closeSync, constants, copyFileSync, fchmodSync, lstatSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, writeSync, type BigIntStats } from "node:fs";
import { dirname } from "node:path";
import { Refusal } from "./refusal.ts";

/**
 * `workspace: "copy"`: the agent works on a copy of its group's folder, and what it wrote comes back when it has ended.
 * Only plain files and directories are copied, either way: no links, no devices, no set-id bits. NanoClaw's own logs/
 * stay out of it. Nothing is deleted in the group's folder: an agent cannot take away what was there before it.
 */
export interface WorkspaceCopy {
  /** Where the copy lies; this is mounted. */
  readonly directory: string;
  /** State of each file right after copying; ctime tells what was written, because nobody can set it. */
  readonly before: ReadonlyMap<string, string>;
}

/** How much may be copied. */
export interface CopyBounds {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** What came back. */
export interface CopyResult {
  readonly copied: number;
  /** Paths that did not come back, each with the reason. */
  readonly refused: readonly string[];
}

const HOSTS_OWN = new Set(["logs"]);

/** Copies a group's folder. @throws Refusal when it is larger than the bounds */
export function copyIn(source: string, directory: string, bounds: CopyBounds): WorkspaceCopy {
  mkdirSync(dirname(directory), { recursive: true, mode: 0o700 });
  // Fails when it is there: what a killed run left is kept.
  mkdirSync(directory, { mode: 0o700 });
  const before = new Map<string, string>();
  let bytes = 0;
  for (const { path, stat } of walk(source)) {
    if (stat.isDirectory()) mkdirSync(`${directory}/${path}`, { recursive: true });
    if (!stat.isFile()) continue;
    bytes += Number(stat.size);
    if (bytes > bounds.maxBytes || before.size >= bounds.maxFiles) {
      rmSync(directory, { recursive: true, force: true });
      throw new Refusal("copy", source, `at most ${bounds.maxBytes} bytes in ${bounds.maxFiles} files`, "more", "tidy the group's folder, or raise the policy's copy.maxBytes and copy.maxFiles");
    }
    copyFileSync(`${source}/${path}`, `${directory}/${path}`, constants.COPYFILE_FICLONE);
    before.set(path, state(lstatSync(`${directory}/${path}`, { bigint: true })));
  }
  return { directory, before };
}

/** Brings back what was written in the copy, and removes the copy. The container must have ended. */
export function copyOut(copy: WorkspaceCopy, target: string, bounds: CopyBounds): CopyResult {
  const refused: string[] = [];
  let copied = 0;
  let bytes = 0;
  for (const { path, stat } of walk(copy.directory, (path) => refused.push(`${path}: unreadable`))) {
    if (stat.isDirectory()) continue;
    if (!stat.isFile()) {
      refused.push(`${path}: not a plain file`);
      continue;
    }
    if (copy.before.get(path) === state(stat)) continue;
    if (stat.nlink > 1n) {
      refused.push(`${path}: a hard link`);
      continue;
    }
    bytes += Number(stat.size);
    if (bytes > bounds.maxBytes || copied >= bounds.maxFiles) {
      refused.push(`${path} and what follows: more than the policy lets be copied`);
      break;
    }
    const problem = bringBack(`${copy.directory}/${path}`, target, path, (stat.mode & 0o111n) !== 0n);
    if (problem === undefined) copied++;
    else refused.push(`${path}: ${problem}`);
  }
  rmSync(copy.directory, { recursive: true, force: true });
  return { copied, refused };
}

/** Writes one file beside its place and renames it there; never through a link. */
function bringBack(from: string, target: string, path: string, executable: boolean): string | undefined {
  const parts = path.split("/");
  let directory = target;
  for (const part of parts.slice(0, -1)) {
    directory += `/${part}`;
    const stat = lstatSync(directory, { throwIfNoEntry: false });
    if (stat === undefined) mkdirSync(directory, 0o755);
    else if (!stat.isDirectory()) return "its directory is not a directory in the group's folder";
  }
  const place = `${directory}/${parts.at(-1)}`;
  if (lstatSync(place, { throwIfNoEntry: false })?.isDirectory() === true) return "a directory is in its place";
  const temporary = `${directory}/.nanoclaw-copy-${process.pid}`;
  copyPlain(from, temporary, executable ? 0o755 : 0o644);
  renameSync(temporary, place);
  return undefined;
}

/** Copies bytes and nothing else; both ends are opened without following a link. */
function copyPlain(from: string, to: string, mode: number): void {
  const input = openSync(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    rmSync(to, { force: true });
    const output = openSync(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode);
    try {
      const chunk = Buffer.allocUnsafe(1 << 20);
      for (let count = readSync(input, chunk); count > 0; count = readSync(input, chunk)) {
        for (let at = 0; at < count; ) at += writeSync(output, chunk, at, count - at);
      }
      fchmodSync(output, mode);
    } finally {
      closeSync(output);
    }
  } finally {
    closeSync(input);
  }
}

function state(stat: BigIntStats): string {
  return `${stat.ino} ${stat.size} ${stat.ctimeNs}`;
}

/** Everything below a directory, parents first, by relative path. Links are not followed. */
function* walk(root: string, unreadable?: (path: string) => void, below = ""): Generator<{ path: string; stat: BigIntStats }> {
  let names: string[];
  try {
    names = readdirSync(below === "" ? root : `${root}/${below}`).sort();
  } catch (error) {
    if (unreadable === undefined) throw error;
    unreadable(below);
    return;
  }
  for (const name of names) {
    if (below === "" && HOSTS_OWN.has(name)) continue;
    const path = below === "" ? name : `${below}/${name}`;
    const stat = lstatSync(`${root}/${path}`, { bigint: true });
    yield { path, stat };
    if (stat.isDirectory()) yield* walk(root, unreadable, path);
  }
}
