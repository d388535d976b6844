import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/** What a command printed, both streams as they came, and how it ended. */
export interface Ran {
  code: number | null;
  output: string;
}

/** A running command that may be killed as a whole, with everything it started. */
export interface Running {
  child: ChildProcess;
  ended: Promise<Ran>;
  /** Resolves when the output matches; rejects when the command ends before. */
  says(pattern: RegExp): Promise<void>;
  /** SIGKILL to the command's process group. */
  kill(): void;
}

const source = resolve(import.meta.dirname, "../../..");

/** The files of this checkout that git does not ignore. */
export function sourceFiles(): string[] {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], { cwd: source }).toString().split("\0");
  return files.filter((name) => name !== "" && existsSync(join(source, name)));
}

/** A hash of what a provisioned host is made from: all files but documents and the tests themselves. */
export function sourceHash(): string {
  const hash = createHash("sha256");
  for (const file of sourceFiles().filter((name) => !/^docs\/|^bench\/|^test\/(e2e|long|unit|docs|mutation)\/|\.md$|\.test\.ts$/.test(name)).sort()) hash.update(`${file}\0`).update(readFileSync(join(source, file))).update("\0");
  return hash.digest("hex").slice(0, 16);
}

/** A copy of this checkout in an empty directory, as a newcomer's clone would be: what git ignores is not in it. */
export class Checkout {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;

  /**
   * @param env variables for every command, such as SSH_PORT
   * @param from another checkout, to be copied with its state. Default: this one, without
   */
  constructor(env: Record<string, string> = {}, from?: string) {
    this.directory = mkdtempSync(join(tmpdir(), "nanoclaw-checkout-"));
    if (from !== undefined) execFileSync("cp", ["-a", "--sparse=always", "--reflink=auto", `${from}/.`, this.directory]);
    for (const file of sourceFiles()) {
      const target = join(this.directory, file);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(source, file), target, { force: true });
    }
    this.env = { ...process.env, ...env };
    // A newcomer's shell knows nothing of this checkout's tools, nor of a key that would cost money.
    for (const name of Object.keys(this.env)) if (/^PULUMI_|^ANTHROPIC_|^CLAUDE_CODE_OAUTH_TOKEN$|^NODE_COMPILE_CACHE$|^VITEST/.test(name)) delete this.env[name];
  }

  /** Starts a command in the checkout, in a process group of its own. */
  start(command: string, args: string[], input = ""): Running {
    const child = spawn(command, args, { cwd: this.directory, env: this.env, detached: true });
    let output = "";
    const watchers: { pattern: RegExp; found: () => void }[] = [];
    const collect = (chunk: Buffer): void => {
      output += chunk.toString();
      for (const watcher of watchers) if (watcher.pattern.test(output)) watcher.found();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const ended = new Promise<Ran>((done) => child.on("close", (code) => done({ code, output })));
    return {
      child,
      ended,
      says: (pattern) =>
        new Promise<void>((found, reject) => {
          if (pattern.test(output)) found();
          watchers.push({ pattern, found });
          void ended.then(() => reject(new Error(`ended without saying ${pattern}:\n${output}`)));
        }),
      kill: () => process.kill(-child.pid!, "SIGKILL"),
    };
  }

  /** Runs a command to its end. */
  run(command: string, args: string[], input = ""): Promise<Ran> {
    return this.start(command, args, input).ended;
  }

  make(...args: string[]): Promise<Ran> {
    return this.run("make", args);
  }

  /** `pulumi` with this checkout's tools and backend. */
  startPulumi(...args: string[]): Running {
    return this.start("toolchain/run.sh", ["pulumi", ...args]);
  }

  pulumi(...args: string[]): Promise<Ran> {
    return this.startPulumi(...args).ended;
  }

  read(path: string): string {
    return readFileSync(join(this.directory, path), "utf8");
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.directory, path), text);
  }

  /** Deletes the copy; VMs of it must be down. */
  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
