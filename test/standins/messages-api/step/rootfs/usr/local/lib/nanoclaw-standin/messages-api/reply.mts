// STAND-IN, only for tests: decides what the stand-in for Anthropic's Messages API answers. Deterministic: no clock, no chance.

/** One block of a message's content, as far as the stand-in looks at it. */
export interface ContentBlock {
  type: string;
  text?: string;
  content?: string | ContentBlock[];
  is_error?: boolean;
}

/** The part of a `POST /v1/messages` body that decides the answer. */
export interface MessagesRequest {
  model?: string;
  stream?: boolean;
  tools?: { name: string }[];
  messages: { role: string; content: string | ContentBlock[] }[];
}

/** What the model "says": text, or a request to run a tool. */
export type Reply =
  | { kind: "text"; text: string }
  | { kind: "tool"; name: string; input: Record<string, string> };

/** A prompt that holds this line makes the model use its Bash tool: `run bash: uname -a`. */
const bashRequest = /\brun bash:[ \t]*(?<command>[^\n<]+)/i;

/** At most this many characters of a prompt or a tool's output are echoed. */
const echoLimit = 4_000;

function blocksOf(content: string | ContentBlock[]): ContentBlock[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function plainText(content: string | ContentBlock[] | undefined): string {
  return blocksOf(content ?? "").map((block) => block.text ?? "").join("").slice(0, echoLimit);
}

/** What the user wrote in a message: Claude Code adds reminders of its own as further text blocks, or inside one. */
function promptOf(content: string | ContentBlock[]): string {
  return blocksOf(content)
    .filter((block) => block.type === "text")
    .map((block) => (block.text ?? "").replace(/<system-reminder>[\s\S]*?<\/system-reminder>/g, "").trim())
    .filter((text) => text !== "")
    .join("\n")
    .slice(0, echoLimit);
}

/**
 * The answer to a conversation: the result of a tool that just ran, a wish to run Bash when the prompt asks for it
 * (and the client offers Bash), or else an echo of the prompt with the number of prompts so far, which shows that a
 * session went on.
 */
export function replyTo(request: MessagesRequest): Reply {
  const last = request.messages.at(-1);
  if (last === undefined) return { kind: "text", text: "stand-in: no message" };
  const result = blocksOf(last.content).find((block) => block.type === "tool_result");
  if (result !== undefined) {
    return { kind: "text", text: `stand-in: the tool ${result.is_error === true ? "failed" : "said"}: ${plainText(result.content)}` };
  }
  const prompt = promptOf(last.content);
  const command = bashRequest.exec(prompt)?.groups?.["command"];
  if (command !== undefined && request.tools?.some((tool) => tool.name === "Bash") === true) {
    return { kind: "tool", name: "Bash", input: { command: command.trim(), description: "asked for by the prompt" } };
  }
  const turns = request.messages.filter((message) => message.role === "user" && promptOf(message.content) !== "").length;
  return { kind: "text", text: `stand-in reply ${turns}: ${prompt}` };
}

/** Tokens as the stand-in counts them: four characters each, at least one. */
export function tokens(value: unknown): number {
  return Math.max(1, Math.ceil((JSON.stringify(value) ?? "").length / 4));
}
