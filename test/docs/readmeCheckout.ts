import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { commandsOf, root, textOf } from "./documents.ts";

/** The lines of one section of README that are typed, in order. */
export function readmeLines(heading: string): string[] {
  return commandsOf(textOf("README.md").split(`\n${heading}\n`)[1]!.split(/\n### |\n## /)[0]!);
}

/** A copy of the checkout as a new reader has it: no tools on PATH but the system's, no state, no stack. */
export class ReadmeCheckout {
  readonly directory = mkdtempSync(join(tmpdir(), "nanoclaw-readme-"));
  readonly #env: NodeJS.ProcessEnv;
  #sourced = "";

  /** `tools`: directories that hold more programs once the toolchain is set up; `env`: more variables. */
  constructor(tools: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
    for (const name of readdirSync(root).filter((each) => !/^(\.git|\.state|dist|node_modules)$/.test(each))) {
      cpSync(join(root, name), join(this.directory, name), { recursive: true, filter: (path) => !/node_modules|Pulumi\.\w+\.yaml$/.test(path.slice(root.length)) });
    }
    symlinkSync(join(root, "node_modules"), join(this.directory, "node_modules"));
    mkdirSync(join(this.directory, "home"));
    const path = (process.env["PATH"] ?? "").split(delimiter);
    const pulumi = path.filter((each) => existsSync(join(each, "pulumi")));
    // It has tests of its own, and would download here; it does what matters to the lines after it.
    const made = { PATH: [...tools, ...pulumi, "$PATH"].join(delimiter), PULUMI_BACKEND_URL: `file://${this.directory}/home`, PULUMI_CONFIG_PASSPHRASE: "readme", PULUMI_CONFIG_PASSPHRASE_FILE: "" };
    const exports = Object.entries(made).map(([name, value]) => `export ${name}="${value}"`).join("\n");
    writeFileSync(join(this.directory, "toolchain/setup.sh"), `#!/bin/sh\nmkdir -p .state\ncat >.state/env.sh <<'END'\n${exports}\nEND\n`);
    this.#env = { ...process.env, HOME: join(this.directory, "home"), PATH: path.filter((each) => !pulumi.includes(each)).join(delimiter), ...env };
  }

  /** Types a line in one shell that goes on from line to line; gives its exit status and what it said. */
  type(line: string, input = ""): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync("bash", ["-c", `${this.#sourced}${line}`], { cwd: this.directory, env: this.#env, encoding: "utf8", input });
    if (line.endsWith(". .state/env.sh")) this.#sourced = ". .state/env.sh; ";
    return { status, output: stdout + stderr };
  }

  /** Edits a file, as the reader is told to. */
  edit(file: string, from: string | RegExp, to: string): void {
    const path = join(this.directory, file);
    writeFileSync(path, readFileSync(path, "utf8").replace(from, to));
  }

  read(file: string): string {
    return readFileSync(join(this.directory, file), "utf8");
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
