import { chmodSync, closeSync, constants, copyFileSync, fchmodSync, lstatSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmSync, writeSync, type BigIntStats } from "node:fs";
import { dirname } from "node:path";
import { DONE, removeTree } from "./copyPlaces.ts";
import { Refusal } from "./refusal.ts";

/**
 * `workspace: "copy"`: the agent works on a copy of its group's folder, and what it wrote comes back when it has ended.
 * Only plain files and directories are copied, either way: no links, no devices, no set-id bits. NanoClaw's own logs/
 * stay out of it. Nothing is deleted in the group's folder: an agent cannot take away what was there before it.
 *
 * An agent chooses names, permissions and depth in its copy: what cannot be handled is told, and the rest goes on. Paths
 * are bytes here and not UTF-8, as text with one character for each byte ("latin1").
 */
export interface WorkspaceCopy {
  /** Where the copy lies; this is mounted. */
  readonly directory: string;
  /** State of each file right after copying; ctime tells what was written, because nobody can set it. */
  readonly before: ReadonlyMap<string, string>;
  /** Paths that are not in the copy, each with the reason; bounded. */
  readonly refused: readonly string[];
}

/** How much may be copied. */
export interface CopyBounds {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** What came back. */
export interface CopyResult {
  readonly copied: number;
  /** Paths that did not come back, each with the reason; bounded. */
  readonly refused: readonly string[];
  /** True when the host could not take what was written, such as for want of space: then the copy is still there. */
  readonly kept: boolean;
}

const HOSTS_OWN = new Set(["logs"]);
/** The host's failures, which are nobody's doing in the copy. */
const HOSTS_FAILURES = new Set(["ENOSPC", "EDQUOT", "EIO", "EROFS", "EMFILE", "ENFILE", "ENOMEM"]);
const bytes = (path: string): Buffer => Buffer.from(path, "latin1");
const asBytes = (path: string): string => Buffer.from(path).toString("latin1");
const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "an error";

/** Paths with reasons: the first fifty, and how many more there were. An agent can make millions. */
class Untaken {
  readonly #told: string[] = [];
  #more = 0;

  tell(path: string, reason: string): void {
    if (this.#told.length < 50) this.#told.push(`${bytes(path).toString()}: ${reason}`);
    else this.#more++;
  }

  get list(): string[] {
    return this.#more === 0 ? this.#told : [...this.#told, `and ${this.#more} more`];
  }
}

/** Copies a group's folder. @throws Refusal when it is larger than the bounds, or the host cannot take it */
export function copyIn(source: string, directory: string, bounds: CopyBounds): WorkspaceCopy {
  mkdirSync(dirname(directory), { recursive: true, mode: 0o700 });
  // Fails when it is there: what a killed run left is kept.
  mkdirSync(directory, { mode: 0o700 });
  const before = new Map<string, string>();
  const untaken = new Untaken();
  const [from, to] = [asBytes(source), asBytes(directory)];
  let size = 0;
  const refuse = (wanted: string, given: string, remedy: string): Refusal => {
    removeTree(directory);
    return new Refusal("copy", source, wanted, given, remedy);
  };
  for (const { path, stat } of walk(from, (path, error) => untaken.tell(path, codeOf(error)))) {
    if (stat.isFile()) size += Number(stat.size);
    if (size > bounds.maxBytes || before.size >= bounds.maxFiles) {
      throw refuse(`at most ${bounds.maxBytes} bytes in ${bounds.maxFiles} files`, "more", "tidy the group's folder, or raise the policy's copy.maxBytes and copy.maxFiles");
    }
    try {
      if (stat.isDirectory()) mkdirSync(bytes(`${to}/${path}`));
      if (!stat.isFile()) continue;
      copyFileSync(bytes(`${from}/${path}`), bytes(`${to}/${path}`), constants.COPYFILE_FICLONE);
      before.set(path, state(lstatSync(bytes(`${to}/${path}`), { bigint: true })));
    } catch (error) {
      if (HOSTS_FAILURES.has(codeOf(error))) throw refuse("room for a copy", codeOf(error), "see `df` for the file system of NanoClaw's root");
      untaken.tell(path, codeOf(error));
    }
  }
  return { directory, before, refused: untaken.list };
}

/** Brings back what was written in the copy, and removes the copy. The container must have ended. Does not throw. */
export function copyOut(copy: WorkspaceCopy, target: string, bounds: CopyBounds): CopyResult {
  const untaken = new Untaken();
  const [from, to] = [asBytes(copy.directory), asBytes(target)];
  let copied = 0;
  let size = 0;
  let kept = false;
  const failed = (path: string, error: unknown): void => {
    kept ||= HOSTS_FAILURES.has(codeOf(error));
    untaken.tell(path, codeOf(error));
  };
  try {
    chmodSync(copy.directory, 0o700);
  } catch (error) {
    failed("", error);
  }
  for (const { path, stat } of walk(from, failed, true)) {
    if (stat.isDirectory()) continue;
    if (!stat.isFile()) {
      untaken.tell(path, "not a plain file");
      continue;
    }
    if (copy.before.get(path) === state(stat)) continue;
    if (stat.nlink > 1n) {
      untaken.tell(path, "a hard link");
      continue;
    }
    size += Number(stat.size);
    if (size > bounds.maxBytes || copied >= bounds.maxFiles) {
      untaken.tell(`${path} and what follows`, "more than the policy lets be copied");
      break;
    }
    try {
      if ((stat.mode & 0o400n) === 0n) chmodSync(bytes(`${from}/${path}`), 0o600);
      const problem = bringBack(`${from}/${path}`, to, path, (stat.mode & 0o111n) !== 0n);
      if (problem === undefined) copied++;
      else untaken.tell(path, problem);
    } catch (error) {
      failed(path, error);
    }
  }
  if (!kept) discard(copy.directory);
  return { copied, refused: untaken.list, kept };
}

/** Removes a copy whose work is done. Its name says so first: what then stays of it, the next run removes. */
function discard(directory: string): void {
  try {
    renameSync(directory, `${directory}${DONE}`);
  } catch {
    removeTree(directory);
    return;
  }
  removeTree(`${directory}${DONE}`);
}

/** Writes one file beside its place and renames it there; never through a link. */
function bringBack(from: string, target: string, path: string, executable: boolean): string | undefined {
  const parts = path.split("/");
  let directory = target;
  for (const part of parts.slice(0, -1)) {
    directory += `/${part}`;
    const stat = lstatSync(bytes(directory), { throwIfNoEntry: false });
    if (stat === undefined) mkdirSync(bytes(directory), 0o755);
    else if (!stat.isDirectory()) return "its directory is not a directory in the group's folder";
  }
  const place = `${directory}/${parts.at(-1)}`;
  if (lstatSync(bytes(place), { throwIfNoEntry: false })?.isDirectory() === true) return "a directory is in its place";
  const temporary = bytes(`${directory}/.nanoclaw-copy-${process.pid}`);
  try {
    copyPlain(bytes(from), temporary, executable ? 0o755 : 0o644);
    renameSync(temporary, bytes(place));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return undefined;
}

/** Copies bytes and nothing else; both ends are opened without following a link. */
function copyPlain(from: Buffer, to: Buffer, mode: number): void {
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

/**
 * Everything below a directory, parents first, by relative path. Links are not followed. `mend`: a directory that its
 * owner may not look into is opened to him first.
 */
function* walk(root: string, failed: (path: string, error: unknown) => void, mend = false, below = ""): Generator<{ path: string; stat: BigIntStats }> {
  let names: string[];
  try {
    names = readdirSync(bytes(below === "" ? root : `${root}/${below}`), { encoding: "latin1" }).sort();
  } catch (error) {
    failed(below, error);
    return;
  }
  for (const name of names) {
    if (below === "" && HOSTS_OWN.has(name)) continue;
    const path = below === "" ? name : `${below}/${name}`;
    let stat: BigIntStats;
    try {
      stat = lstatSync(bytes(`${root}/${path}`), { bigint: true });
      if (mend && stat.isDirectory() && (stat.mode & 0o700n) !== 0o700n) chmodSync(bytes(`${root}/${path}`), 0o700);
    } catch (error) {
      failed(path, error);
      continue;
    }
    yield { path, stat };
    if (stat.isDirectory()) yield* walk(root, failed, mend, path);
  }
}
