import { createInterface } from "node:readline";
import type { AgentTurnEnd } from "../agentRun/agentTurn.ts";
import type { Conversation } from "./conversation.ts";

/** Milliseconds without a message after which the container is let go, as NanoClaw's IDLE_TIMEOUT does: half an hour. */
const idleMs = 30 * 60_000;

/** What the agent does while we wait, in one dim line that goes when there is a text. */
export class Activity {
  #started = 0;
  #line = "";
  #timer: NodeJS.Timeout | undefined;
  /** Draws again what stood in the last line while nothing goes on, that is the prompt. */
  redraw = (): void => {};

  begin(line: string): void {
    this.#started = Date.now();
    this.#line = line;
    this.#timer ??= setInterval(() => this.#draw(), 1000);
    this.#draw();
  }

  show(line: string): void {
    this.#line = line.replaceAll(/\p{Cc}/gu, " ");
    if (this.#timer !== undefined) this.#draw();
  }

  /** Writes a text in place of the last line, which comes back below. */
  write(text: string): void {
    process.stdout.write(`\r\u001b[2K${text}\n`);
    if (this.#timer !== undefined) this.#draw();
    else this.redraw();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    process.stdout.write("\r\u001b[2K");
  }

  #draw(): void {
    const text = `${Math.round((Date.now() - this.#started) / 1000)} s · ${this.#line}`;
    process.stdout.write(`\r\u001b[2K\u001b[2m${text.slice(0, (process.stdout.columns || 80) - 1)}\u001b[0m`);
  }
}

/**
 * Talks until the input ends (Ctrl-D, /quit, or Ctrl-C at the prompt). Ctrl-C while the agent works stops its container;
 * `/new` begins another conversation.
 * @param tellFailure says why a container ended without an answer
 */
export async function talk(conversation: Conversation, group: string, activity: Activity, tellFailure: (end: AgentTurnEnd) => void): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: `${group}> ` });
  activity.redraw = () => lines.prompt(true);
  let busy = false;
  let idle: NodeJS.Timeout | undefined;
  lines.on("SIGINT", () => (busy ? conversation.abort() : lines.close()));
  process.stdout.write("Talk to the agent. /new: another conversation; /quit or Ctrl-D: the end; Ctrl-C: stops an answer.\n");
  lines.prompt();
  for await (const line of lines) {
    const text = line.trim();
    clearTimeout(idle);
    if (text === "/quit" || text === "/exit") break;
    if (text === "/new") {
      await conversation.startAnew();
      process.stdout.write("a new conversation\n");
    } else if (text !== "") {
      busy = true;
      activity.begin("the agent works");
      const end = await conversation.say(text);
      activity.end();
      busy = false;
      if (end !== undefined) tellFailure(end);
    }
    idle = setTimeout(() => void conversation.end(), idleMs);
    lines.prompt();
  }
  clearTimeout(idle);
  process.stdout.write("\n");
  lines.close();
  await conversation.end();
}
