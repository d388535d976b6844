import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync, unlinkSync } from "node:fs";
import { search } from "./search.ts";

/** What the box is looked at for. Marks are written backwards here, so that the command line does not hold them. */
export interface BoxArgument {
  /** Names of secrets that this role must not have, and the values that were given for them. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What stands in the files of another group. */
  readonly neighbour: string;
  /** Places of the host that must not be here. */
  readonly hidden: readonly string[];
}

/** What an agent finds in its box. */
export interface BoxFacts {
  /** The text of /proc/self/status. */
  status: string;
  /** Directory → what became of making a file in it: an error code, or "written". */
  writes: Record<string, string>;
  /** A program that is root's by its set-user-id bit, and who it ran as; null when the image has none. */
  setuid: { program: string; effectiveUid: number } | null;
  /** What the kernel tells only its administrator → what is seen of it here. */
  views: Record<string, string>;
  /** Parts of /proc and /sys with the kernel's switches that are here and not mounted read-only. */
  writableViews: string[];
  /** Names of all processes that can be seen. */
  processes: string[];
  /** Sockets that lie in a file system here, and abstract ones. */
  sockets: string[];
  /** Those of `hidden` that are here. */
  there: string[];
  /** Where the other group's mark was found. */
  neighbour: string[];
  /** Where each secret was found; empty = nowhere. */
  secrets: Record<string, string[]>;
}

/** What podman masks: each is a view on the whole kernel. */
const kernelViews = ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/scsi", "/proc/acpi", "/proc/latency_stats", "/sys/firmware", "/sys/dev/block"];
const kernelSwitches = ["/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/sys"];
const rootDirectories = ["/", "/usr/local/bin", "/etc", "/var", "/app", "/app/src", "/workspace"];
const setuidPrograms = ["/usr/bin/su", "/usr/bin/passwd", "/usr/bin/chsh", "/usr/bin/newgrp", "/usr/bin/mount"];

/** Looks at everything at once: one container start proves many things. */
export function lookAtBox(argument: BoxArgument): BoxFacts {
  const marks = Object.fromEntries(Object.entries({ ...argument.secrets, "": argument.neighbour }).map(([name, backwards]) => [name, [...backwards].reverse().join("")]));
  const stdin = readFileSync(0, "utf8");
  const found = search(marks);
  for (const [name, mark] of Object.entries(marks)) {
    if (stdin.includes(mark)) found.places[name]?.push("stdin");
    if (Object.values(process.env).some((value) => value?.includes(mark))) found.places[name]?.push("the environment");
  }
  const { "": neighbour = [], ...secrets } = found.places;
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n").map((line) => line.split(" "));
  return {
    status: readFileSync("/proc/self/status", "utf8"),
    writes: Object.fromEntries(rootDirectories.filter((path) => existsSync(path)).map((path) => [path, tryToWrite(path)])),
    setuid: runSetuidProgram(),
    views: Object.fromEntries(kernelViews.map((path) => [path, viewOf(path)])),
    writableViews: kernelSwitches.filter((path) => existsSync(path) && !mounts.some((fields) => fields[4] === path && fields[5]?.split(",").includes("ro"))),
    processes: readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(commandOf),
    sockets: [...found.sockets, ...abstractSockets()],
    there: argument.hidden.filter((path) => existsSync(path)),
    neighbour,
    secrets,
  };
}

function tryToWrite(directory: string): string {
  const path = `${directory}/.nanoclaw-probe`;
  try {
    closeSync(openSync(path, "wx"));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
  unlinkSync(path);
  return "written";
}

/** Starts a program that asks for a password, reads who it is while it waits, and ends it. */
function runSetuidProgram(): BoxFacts["setuid"] {
  for (const program of setuidPrograms) {
    try {
      const { mode, uid } = statSync(program);
      if ((mode & 0o4000) === 0 || uid !== 0) continue;
    } catch {
      continue;
    }
    const child = spawn(program, [], { stdio: ["pipe", "ignore", "ignore"] });
    child.on("error", () => undefined);
    if (child.pid === undefined) continue;
    // It was executed when spawn returned, and is still there, for nobody has waited for it yet.
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    child.kill("SIGKILL");
    return { program, effectiveUid: Number(/^Uid:\s+\d+\s+(\d+)/m.exec(status)?.[1]) };
  }
  return null;
}

/** Masked is what is absent, or covered by /dev/null or an empty directory. */
function viewOf(path: string): string {
  try {
    const stat = statSync(path);
    if (stat.isCharacterDevice()) return "masked";
    if (!stat.isDirectory()) return "readable or not, it is the kernel's own";
    const entries = readdirSync(path).length;
    return entries === 0 ? "masked" : `${entries} entries`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? "absent" : (code ?? "an error");
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "(ended)";
  }
}

function abstractSockets(): string[] {
  return readFileSync("/proc/net/unix", "utf8").split("\n").flatMap((line) => /\s(@\S+)$/.exec(line)?.[1] ?? []);
}
