import { spawn, spawnSync } from "node:child_process";

import { Refusal } from "../../components/refusal.ts";

/** Settings of `run`. */
export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Text for stdin; default none. */
  input?: string;
  /** Called with each line of stdout and stderr, for progress. */
  onLine?: (line: string) => void;
  /** Ends the command after so many milliseconds; default never. */
  timeoutMs?: number;
  /** Ends the command (`code` is null) as soon as its stdout matches; default never. */
  until?: RegExp;
}

/** How a command ended. */
export interface RunResult {
  /** Exit code; null when a signal, the timeout or `until` ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program without a shell and waits; throws only when it cannot be started. */
export function tryRun(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["pipe", "pipe", "pipe"],
      timeout: options.timeoutMs,
      killSignal: "SIGKILL",
    });
    const text = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      let rest = "";
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        text[name] += chunk;
        if (name === "stdout" && options.until?.test(text.stdout)) child.kill("SIGKILL");
        if (!options.onLine) return;
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) options.onLine(line);
      });
    }
    child.stdin.on("error", () => {}); // A program that does not read its input is no failure.
    child.stdin.end(options.input ?? "");
    child.on("error", (error: NodeJS.ErrnoException) => reject(error.code === "ENOENT" ? missing(program) : error));
    child.on("close", (code) => resolve({ code, ...text }));
  });
}

/** Runs a program without a shell; throws with its last lines when it fails. Returns its stdout. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(program, args, options);
  if (result.code === 0) return result.stdout;
  throw new Error(`${program} failed (${result.code ?? "killed"}):\n${lastLines(result.stderr || result.stdout, 15)}`);
}

/** True when a program is on PATH. */
export function has(program: string): boolean {
  const found = spawnSync(program, ["--version"], { stdio: "ignore" });
  return (found.error as NodeJS.ErrnoException | undefined)?.code !== "ENOENT";
}

/** The last lines of a text, without control characters of a terminal. */
export function lastLines(text: string, count: number): string {
  const plain = text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replace(/[\u0000-\u0008\u000b-\u001f]/g, "");
  return plain.trimEnd().split("\n").slice(-count).join("\n");
}

/** Progress for people, on stderr, with seconds since the program began. */
export function progress(text: string): void {
  process.stderr.write(`[vm +${(process.uptime()).toFixed(1)}s] ${text}\n`);
}

const packages: Record<string, string> = {
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-system-aarch64": "qemu-system-arm",
  "qemu-img": "qemu-utils",
  mmdebstrap: "mmdebstrap",
  mke2fs: "e2fsprogs",
  "ssh-keygen": "openssh-client",
  ssh: "openssh-client",
  flock: "util-linux",
  curl: "curl",
};

function missing(program: string): Refusal {
  return new Refusal({
    field: "operator",
    wanted: `the program ${program}`,
    given: "none on PATH",
    remedy: `sudo apt-get install ${packages[program] ?? program}`,
  });
}
