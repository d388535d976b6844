import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { runAgentTurn } from "../agentRun/agentTurn.ts";
import { installedContract } from "../agentRun/groupState.ts";
import { becomeService, serviceUser, stateRoot } from "../agentRun/serviceUser.ts";

/**
 * One turn with an agent from the terminal, without any chat network.
 *
 *   chat.cjs [--group main] [--new] [--timeout SECONDS] [PROMPT…]      PROMPT from stdin when there is none
 *
 * The conversation of each group goes on from turn to turn, apart from the one that NanoClaw itself keeps; --new starts
 * another. Run as root or as nanoclaw. Replies on stdout, everything else on stderr. Exit code 1 when there is no reply.
 */

const groupName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

function sessionFile(group: string): string {
  return join(stateRoot, "data", "headless", "sessions", `${group}.json`);
}

function readSession(group: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(sessionFile(group), "utf8")) as { sessionId?: string }).sessionId;
  } catch {
    return undefined;
  }
}

function keepSession(group: string, sessionId: string): void {
  const file = sessionFile(group);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify({ sessionId }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function refuse(field: string, wanted: string, given: string, remedy: string): never {
  process.stderr.write(`error: ${field}: wanted ${wanted}; got ${given}. Remedy: ${remedy}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { group: { type: "string", default: "main" }, new: { type: "boolean", default: false }, timeout: { type: "string", default: "600" } },
  });
  const { group } = values;
  if (!groupName.test(group)) refuse("--group", "a folder name of letters, digits, - and _", JSON.stringify(group), "use a name such as main");
  const timeoutSeconds = Number(values.timeout);
  if (!(timeoutSeconds > 0 && timeoutSeconds <= 86_400)) refuse("--timeout", "1 to 86400 seconds", values.timeout, "leave it out for 600");
  const prompt = (positionals.length > 0 ? positionals.join(" ") : readFileSync(0, "utf8")).trim();
  if (prompt === "") refuse("prompt", "some text", "none", "give it as an argument or on stdin");

  becomeService(serviceUser());
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => interrupted.abort());
  const sessionId = values.new ? undefined : readSession(group);
  process.stderr.write(`[${group}] ${sessionId === undefined ? "a new conversation" : "the conversation goes on"}; the container starts\n`);
  const end = await runAgentTurn({
    contract: installedContract(stateRoot),
    root: stateRoot,
    group,
    prompt,
    ...(sessionId === undefined ? {} : { sessionId }),
    timeoutSeconds,
    signal: interrupted.signal,
    onOutput: (output) => {
      const text = (output.result ?? "").replace(/<internal>[\s\S]*?<\/internal>/g, "").trim();
      if (text !== "") process.stdout.write(`${text}\n`);
      if (output.newSessionId !== undefined) keepSession(group, output.newSessionId);
    },
  });
  const failure = end.outputs.find((output) => output.status === "error")?.error;
  if (failure === undefined && end.exitCode === 0 && end.outputs.some((output) => output.result !== null)) return;
  end.lastLines.forEach((line) => process.stderr.write(`| ${line}\n`));
  const got = failure ?? (end.stopped === null ? `exit code ${end.exitCode ?? "none"}` : end.stopped);
  refuse("chat", "a reply", got, "see the lines above; `--new` starts another conversation; `journalctl -t nanoclaw-guard` tells what was refused");
}

main().catch((error: unknown) => {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
