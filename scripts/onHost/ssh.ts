import { spawn } from "node:child_process";
import { asRoot, shellQuoted, type CommandAsRoot } from "../../components/asRoot.ts";
import { sshCommand } from "../../components/sshCommand.ts";
import { explainDown, knownDown, type Down } from "./down.ts";
import type { Login, Stack, StackHost } from "./stack.ts";

/** A command on a host. */
export interface RemoteCommand {
  /** What it is for, told when the host is down; completes "wanted a host that answers over SSH, to …". */
  purpose: string;
  /** Program and arguments, run as root; empty = the user's own shell. */
  argv: readonly string[];
  /** True: with a terminal on the other side, which takes our keys. */
  terminal: boolean;
  /** What it reads; absent = our own stdin. Without a terminal only. */
  input?: string;
  /** Written before each line of its output; absent = output as it comes. */
  prefix?: string;
}

/** OpenSSH's own exit code for a connection that failed. */
const connectionFailed = 255;

/** Runs a command on a host; resolves to its exit code. A host that is down is told on stderr, with what to do: code 255. */
export async function runOnHost(stack: Stack, host: StackHost, command: RemoteCommand): Promise<number> {
  const down = knownDown(stack, host);
  if (down !== undefined) return sayDown(host, command, down);
  const { code, lastError } = await runSsh(host, command);
  return code === connectionFailed ? sayDown(host, command, await explainDown(stack, host, lastError || "no answer")) : code;
}

function runSsh({ login }: StackHost, { argv, terminal, input, prefix }: RemoteCommand): Promise<{ code: number; lastError: string }> {
  const { args, cleanUp } = sshCommand(login);
  const { text, firstLine } = remoteCommand(login, argv, terminal);
  const stdin = firstLine === undefined ? input : `${firstLine}\n${input ?? ""}`;
  return new Promise<{ code: number; lastError: string }>((resolve) => {
    // -t only where our own stdin is a terminal: else OpenSSH warns and goes on without.
    const child = spawn("ssh", [...(terminal ? ["-t"] : []), ...args, ...(text === "" ? [] : [text])], {
      stdio: [stdin === undefined ? "inherit" : "pipe", prefix === undefined ? "inherit" : "pipe", "pipe"],
    });
    child.stdin?.on("error", () => undefined); // ssh that ended early says why on stderr
    child.stdin?.end(stdin);
    let lastError = "";
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      lastError = chunk.trim().split("\n").at(-1) ?? "";
      process.stderr.write(chunk);
    });
    if (prefix !== undefined) prefixLines(child.stdout!, prefix);
    child.on("error", (error) => resolve({ code: connectionFailed, lastError: `ssh could not be started: ${error.message}` }));
    child.on("close", (code) => resolve({ code: code ?? 1, lastError }));
  }).finally(cleanUp);
}

/** On a terminal sudo asks for its password itself. */
function remoteCommand({ user, sudoPassword }: Login, argv: readonly string[], terminal: boolean): CommandAsRoot<string> {
  const command = argv.map(shellQuoted).join(" ");
  if (argv.length === 0) return { text: "", firstLine: undefined };
  if (terminal && user !== "root") return { text: `sudo ${command}`, firstLine: undefined };
  return asRoot(user, command, sudoPassword);
}

function prefixLines(stream: NodeJS.ReadableStream, prefix: string): void {
  let partial = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (partial + chunk).split("\n");
    partial = lines.pop() ?? "";
    for (const line of lines) process.stdout.write(`${prefix}${line}\n`);
  });
}

function sayDown(host: StackHost, { purpose }: RemoteCommand, { why, remedy, console: lines }: Down): number {
  for (const line of lines) console.error(`  | ${line}`);
  console.error(`error: ${host.name}: wanted a host that answers over SSH, to ${purpose}; got none: ${why}. Remedy: ${remedy}`);
  return connectionFailed;
}
