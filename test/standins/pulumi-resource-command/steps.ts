// Part of the stand-in for the `command` plugin: which text runs for which change, and what remains of it.
import type { EngineLog } from "./engineLog.ts";
import { plain } from "./values.ts";
import type { Properties } from "./values.ts";

/** Where a command's messages go, and what ends it. */
export interface Context {
  urn: string;
  log: EngineLog;
  signal: AbortSignal;
}

/** Inputs of a command, without marks of secrecy. */
export interface CommandInputs {
  create?: string;
  update?: string;
  delete?: string;
  stdin?: string;
  logging?: "stdout" | "stderr" | "stdoutAndStderr" | "none";
  environment?: Record<string, string>;
  addPreviousOutputInEnv?: boolean;
}

/** What one run of a command needs besides its inputs. */
export interface Run {
  command: string;
  /** PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR of the run before, where wanted. */
  previous: Record<string, string>;
  context: Context;
}

type Change = "create" | "update" | "delete";

/** Does what a change asks for and returns the outputs to keep; code that can run commands is loaded only now. */
export async function runStep(type: string, change: Change, olds: Properties, news: Properties, context: Context): Promise<Properties> {
  const [old, now] = [plain(olds) as Properties, plain(news) as Properties];
  if (type === "command:remote:CopyToRemote") {
    if (change === "delete") return {};
    const { copyToRemote } = await import("./copyToRemote.ts");
    await copyToRemote(change === "update" ? old : undefined, now, context);
    return {};
  }
  const inputs = now as CommandInputs;
  const command = change === "update" ? (inputs.update ?? inputs.create) : inputs[change];
  const kept = { stdout: old["stdout"] ?? "", stderr: old["stderr"] ?? "", ...pick(old, ["assets", "archive"]) };
  if (command === undefined || command === null) return kept;
  const run: Run = { command, previous: previousOutput(inputs, old), context };
  const outputs =
    type === "command:remote:Command"
      ? await (await import("./remoteCommand.ts")).runRemote(now, run)
      : await (await import("./localCommand.ts")).runLocal(now, run);
  await context.log.flushed();
  return { ...kept, ...outputs };
}

function previousOutput(inputs: CommandInputs, old: Properties): Record<string, string> {
  if (inputs.addPreviousOutputInEnv === false) return {};
  const names = { stdout: "PULUMI_COMMAND_STDOUT", stderr: "PULUMI_COMMAND_STDERR" };
  return Object.fromEntries(Object.entries(names).filter(([key]) => old[key]).map(([key, name]) => [name, String(old[key])]));
}

function pick(from: Properties, keys: string[]): Properties {
  return Object.fromEntries(keys.filter((key) => from[key] !== undefined && from[key] !== null).map((key) => [key, from[key]]));
}
