import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { AgentTurnEnd } from "../agentRun/agentTurn.ts";
import { installedContract } from "../agentRun/groupState.ts";
import { becomeService, serviceUser, stateRoot } from "../agentRun/serviceUser.ts";
import { Conversation } from "./conversation.ts";
import { keepSession, readSession } from "./session.ts";
import { Activity, talk } from "./terminal.ts";

/**
 * A conversation with an agent from the terminal, without any chat network, run as NanoClaw runs it.
 *
 *   chat.cjs [--group main] [--new] [--timeout SECONDS] [PROMPT…]
 *
 * Without a PROMPT: on a terminal one message after the other, else the prompt is stdin. The conversation of each group
 * goes on from call to call; it begins as the one that NanoClaw keeps for the group, if it has one; --new starts another.
 * Run as root or as nanoclaw. Replies on stdout as they come, everything else on stderr. Exit code 1 without a reply.
 */

const groupName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

function fail(field: string, wanted: string, given: string, remedy: string): void {
  process.stderr.write(`error: ${field}: wanted ${wanted}; got ${given}. Remedy: ${remedy}\n`);
}

function refuse(...parts: [field: string, wanted: string, given: string, remedy: string]): never {
  fail(...parts);
  process.exit(1);
}

/** Says why a container gave no reply; true when it did give one. */
function judge(end: AgentTurnEnd): boolean {
  const failure = end.outputs.find((output) => output.status === "error")?.error;
  if (failure === undefined && end.exitCode === 0 && end.outputs.some((output) => output.result !== null)) return true;
  end.lastLines.forEach((line) => process.stderr.write(`| ${line}\n`));
  const got = failure ?? (end.stopped === null ? `exit code ${end.exitCode ?? "none"}` : end.stopped);
  fail("chat", "a reply", got, "see the lines above; NEW=yes (`--new`) starts another conversation; `journalctl -t nanoclaw-guard` tells what was refused");
  return false;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { group: { type: "string", default: "main" }, new: { type: "boolean", default: false }, timeout: { type: "string" } },
  });
  const { group } = values;
  if (!groupName.test(group)) refuse("--group", "a folder name of letters, digits, - and _", JSON.stringify(group), "use a name such as main");
  const onTerminal = positionals.length === 0 && process.stdin.isTTY === true && process.stdout.isTTY === true;
  const timeoutSeconds = Number(values.timeout ?? (onTerminal ? 86_400 : 600));
  if (!(timeoutSeconds > 0 && timeoutSeconds <= 86_400)) refuse("--timeout", "1 to 86400 seconds", String(values.timeout), "leave it out for 600");
  const prompt = onTerminal ? "" : (positionals.length > 0 ? positionals.join(" ") : readFileSync(0, "utf8")).trim();
  if (!onTerminal && prompt === "") refuse("prompt", "some text", "none", "give it as an argument or on stdin");

  becomeService(serviceUser());
  const contract = installedContract(stateRoot);
  const sessionId = values.new ? undefined : await readSession(stateRoot, contract, group);
  process.stderr.write(`[${group}] ${sessionId === undefined ? "a new conversation" : "the conversation goes on"}\n`);
  const activity = new Activity();
  const conversation = new Conversation({
    contract,
    root: stateRoot,
    group,
    sessionId,
    timeoutSeconds,
    onText: (text) => (onTerminal ? activity.write(text) : process.stdout.write(`${text}\n`)),
    onLine: (line) => (onTerminal ? activity.show(line) : undefined),
    onSession: (session) => keepSession(stateRoot, group, session),
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => conversation.abort());
  if (onTerminal) return talk(conversation, group, activity, (end) => void judge(end));
  const early = await conversation.say(prompt);
  const end = early ?? (await conversation.end());
  if (end !== undefined && !judge(end)) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
