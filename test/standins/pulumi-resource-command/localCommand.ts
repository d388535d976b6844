// Part of the stand-in for the `command` plugin: a command on this machine.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { matcher } from "./globs.ts";
import { Output } from "./output.ts";
import type { CommandInputs, Run } from "./steps.ts";
import { assetArchive, fileAsset } from "./values.ts";
import type { Properties } from "./values.ts";

interface LocalInputs extends CommandInputs {
  interpreter?: string[];
  dir?: string;
  assetPaths?: string[];
  archivePaths?: string[];
}

/** Runs a command and returns what it printed, and the files that were asked for. */
export async function runLocal(properties: Properties, run: Run): Promise<Properties> {
  const inputs = properties as LocalInputs;
  const directory = inputs.dir ?? process.cwd();
  const printed = await execute(inputs, directory, run);
  const outputs: Properties = { ...printed };
  if (inputs.assetPaths) outputs["assets"] = assets(directory, inputs.assetPaths);
  if (inputs.archivePaths) {
    const found = assets(directory, inputs.archivePaths);
    outputs["archive"] = assetArchive(found, digest(JSON.stringify(found)));
  }
  return outputs;
}

function execute(inputs: LocalInputs, directory: string, run: Run): Promise<{ stdout: string; stderr: string }> {
  const [program, ...args] = inputs.interpreter?.length ? inputs.interpreter : ["/bin/sh", "-c"];
  const output = new Output(inputs, run.context);
  const { signal } = run.context;
  return new Promise((resolve, reject) => {
    if (signal.aborted) throw output.failure("cancelled", run.command);
    // A group of its own, so that cancelling ends what the command started too.
    const child = spawn(program!, [...args, run.command], {
      cwd: directory,
      env: { ...process.env, ...inputs.environment, ...run.previous },
      detached: true,
    });
    const kill = () => {
      if (child.pid) process.kill(-child.pid, "SIGKILL");
    };
    signal.addEventListener("abort", kill, { once: true });
    child.stdout.on("data", (piece: Buffer) => output.add("stdout", piece));
    child.stderr.on("data", (piece: Buffer) => output.add("stderr", piece));
    child.stdin.on("error", () => undefined); // A command that does not read its stdin may be gone already.
    child.stdin.end(inputs.stdin ?? "");
    child.on("error", (error) => reject(output.failure(error.message, run.command)));
    child.on("close", (code, ended) => {
      signal.removeEventListener("abort", kill);
      if (code === 0) resolve(output.result());
      else reject(output.failure(code === null ? `signal: ${ended}` : `exit status ${code}`, run.command));
    });
  });
}

/** The files below a directory that the rules take, by relative path. */
function assets(directory: string, rules: string[]): Properties {
  const taken = matcher(rules);
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(directory, "/").length))
    .filter(taken)
    .sort();
  return Object.fromEntries(files.map((file) => [file, fileAsset(join(directory, file), digest(readFileSync(join(directory, file))))]));
}

function digest(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
