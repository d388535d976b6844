import type { AgentOutput } from "../../contract/agentProtocol.ts";
import type { NanoclawContract } from "../../contract/nanoclaw.ts";
import { runAgentTurn, type AgentTurnEnd } from "../agentRun/agentTurn.ts";
import { sendMessage } from "../agentRun/groupState.ts";

/** What a conversation needs. */
export interface ConversationArgs {
  contract: NanoclawContract;
  /** NanoClaw's root, absolute. */
  root: string;
  group: string;
  /** The session to go on with; undefined = a new one. */
  sessionId: string | undefined;
  /** Seconds after which a container is stopped, whatever it does. */
  timeoutSeconds: number;
  /** Gets each text of the agent as it comes, without what is for itself alone. */
  onText: (text: string) => void;
  /** Gets what the container says besides. */
  onLine: (line: string) => void;
  /** Gets the session whenever the agent names one. */
  onSession: (sessionId: string) => void;
}

interface Running {
  ended: Promise<AgentTurnEnd>;
  /** Lets the container end. */
  letGo: () => void;
  abort: AbortController;
}

/**
 * A conversation with one group's agent. The container of the first message stays for the following ones, which reach
 * it as NanoClaw's do; when it has ended, the next message starts another that goes on with the session.
 */
export class Conversation {
  readonly #args: ConversationArgs;
  #sessionId: string | undefined;
  #running: Running | undefined;
  #answered = (): void => {};

  constructor(args: ConversationArgs) {
    this.#args = args;
    this.#sessionId = args.sessionId;
  }

  /**
   * Says something and waits for the first answer.
   * @returns how the container ended, when it did
   */
  async say(text: string): Promise<AgentTurnEnd | undefined> {
    const answered = new Promise<undefined>((resolve) => (this.#answered = () => resolve(undefined)));
    if (this.#running === undefined) this.#running = this.#start(text);
    else sendMessage(this.#args.root, this.#args.group, text);
    const running = this.#running;
    const end = await Promise.race([running.ended, answered]);
    if (end !== undefined) this.#running = undefined;
    return end;
  }

  /** Stops a container that works. */
  abort(): void {
    this.#running?.abort.abort();
  }

  /** Asks the container to end and waits for it. */
  async end(): Promise<AgentTurnEnd | undefined> {
    const running = this.#running;
    this.#running = undefined;
    running?.letGo();
    return running?.ended;
  }

  /** Forgets what was said: the next message begins anew. */
  async startAnew(): Promise<void> {
    await this.end();
    this.#sessionId = undefined;
  }

  #start(prompt: string): Running {
    const { onText, onLine, onSession, contract, root, group, timeoutSeconds } = this.#args;
    const abort = new AbortController();
    let letGo = (): void => {};
    const kept = new Promise<void>((resolve) => (letGo = resolve));
    const onOutput = (output: AgentOutput): void => {
      if (output.newSessionId !== undefined) onSession((this.#sessionId = output.newSessionId));
      const text = (output.result ?? "").replace(/<internal>[\s\S]*?<\/internal>/g, "").trim();
      if (text !== "") onText(text);
      // The agent may say more to the same message later; then it comes in between.
      this.#answered();
    };
    const session = this.#sessionId === undefined ? {} : { sessionId: this.#sessionId };
    const ended = runAgentTurn({ contract, root, group, prompt, ...session, timeoutSeconds, signal: abort.signal, onOutput, onLine, whileRunning: () => kept });
    return { ended, letGo, abort };
  }
}
