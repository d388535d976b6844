import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const BIN = join(ROOT, ".state/bin");
const PLUGIN = join(ROOT, ".state/pulumi-home/plugins/resource-command-v1.2.1/pulumi-resource-command");

/** True when `toolchain/setup.sh` has been run. */
export const toolchainIsHere = existsSync(join(BIN, "pulumi"));

/** Which `command` plugin the engine will use: stated in the test's title. */
export function pluginInUse(): string {
  if (!existsSync(PLUGIN)) return "a plugin on PATH";
  return readFileSync(PLUGIN).subarray(0, 300).includes("stand-in") ? "the stand-in of test/standins" : "the official plugin 1.2.1";
}

/** What a run of the CLI said. */
export interface Ran {
  code: number | null;
  /** stdout and stderr together, without colours. */
  text: string;
}

/** A Pulumi project in a directory of its own, with one stack on a file backend. */
export class Project {
  readonly directory: string;

  constructor(directory: string, program: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
    writeFileSync(join(directory, "package.json"), '{"name":"conformance","type":"module","main":"index.ts"}');
    writeFileSync(join(directory, "Pulumi.yaml"), "name: conformance\nruntime: { name: nodejs, options: { typescript: false } }\nmain: index.ts\n");
    writeFileSync(join(directory, "index.ts"), program);
  }

  /** Makes the stack. */
  async init(): Promise<void> {
    const ran = await this.pulumi(["stack", "init", "test"]);
    if (ran.code !== 0) throw new Error(ran.text);
  }

  /** Sets what the program reads from `input.json`, and runs `pulumi up`; `agent` is the socket of an SSH agent. */
  async up(input: unknown, options: { interruptOn?: () => boolean; agent?: string } = {}): Promise<Ran> {
    writeFileSync(join(this.directory, "input.json"), JSON.stringify(input));
    return this.pulumi(["up", "--yes", "--skip-preview", "--color=never"], options);
  }

  /** The stack's outputs, without secrets. */
  async outputs(): Promise<Record<string, unknown>> {
    return JSON.parse((await this.pulumi(["stack", "output", "--json"])).text) as Record<string, unknown>;
  }

  /** The state as it is stored: secrets encrypted. */
  async state(): Promise<string> {
    return (await this.pulumi(["stack", "export"])).text;
  }

  /** Destroys everything in the stack. */
  destroy(): Promise<Ran> {
    return this.pulumi(["destroy", "--yes", "--skip-preview", "--color=never"]);
  }

  /** Runs the CLI; when `interruptOn` becomes true it gets a SIGINT, as from Ctrl-C. */
  pulumi(args: string[], { interruptOn, agent = "" }: { interruptOn?: () => boolean; agent?: string } = {}): Promise<Ran> {
    const child = spawn(join(BIN, "pulumi"), [...args, "--non-interactive", ...(args[0] === "stack" && args[1] !== "init" ? ["--stack", "test"] : [])], {
      cwd: this.directory,
      env: {
        ...process.env,
        PATH: `${BIN}:${process.env["PATH"]}`,
        PULUMI_HOME: join(ROOT, ".state/pulumi-home"),
        PULUMI_BACKEND_URL: `file://${this.directory}`,
        PULUMI_CONFIG_PASSPHRASE: "conformance",
        PULUMI_CONFIG_PASSPHRASE_FILE: "",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        SSH_AUTH_SOCK: agent,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece: Buffer) => (text += piece.toString()));
    const watch = setInterval(() => {
      if (!interruptOn?.()) return;
      clearInterval(watch);
      child.kill("SIGINT");
    }, 100);
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => {
        clearInterval(watch);
        resolve({ code, text });
      });
    });
  }
}
