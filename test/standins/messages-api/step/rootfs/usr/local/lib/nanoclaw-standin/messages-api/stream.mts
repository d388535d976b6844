// STAND-IN, only for tests: writes a reply in the two shapes of Anthropic's Messages API, JSON and server-sent events.
import { createHash } from "node:crypto";
import { tokens, type MessagesRequest, type Reply } from "./reply.mts";

/** One server-sent event; its `type` is also the event's name. */
export interface ApiEvent {
  type: string;
  [key: string]: unknown;
}

/** The whole message, as `stream: false` returns it. */
export function wholeMessage(request: MessagesRequest, reply: Reply): Record<string, unknown> {
  const id = createHash("sha256").update(JSON.stringify(request.messages)).digest("hex").slice(0, 24);
  return {
    id: `msg_${id}`,
    type: "message",
    role: "assistant",
    model: request.model ?? "stand-in",
    content: [reply.kind === "text" ? { type: "text", text: reply.text } : { type: "tool_use", id: `toolu_${id}`, name: reply.name, input: reply.input }],
    stop_reason: reply.kind === "text" ? "end_turn" : "tool_use",
    stop_sequence: null,
    usage: {
      input_tokens: tokens(request.messages),
      output_tokens: tokens(reply),
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
    },
  };
}

/** The same message cut into the events of `stream: true`; text comes in pieces, as it does from the real API. */
export function messageEvents(request: MessagesRequest, reply: Reply): ApiEvent[] {
  const whole = wholeMessage(request, reply);
  const [block] = whole["content"] as [Record<string, unknown>];
  const start = reply.kind === "text" ? { type: "text", text: "" } : { ...block, input: {} };
  const pieces =
    reply.kind === "text"
      ? (reply.text.match(/[\s\S]{1,24}/gu) ?? []).map((text) => ({ type: "text_delta", text }))
      : [{ type: "input_json_delta", partial_json: JSON.stringify(reply.input) }];
  return [
    { type: "message_start", message: { ...whole, content: [], stop_reason: null } },
    { type: "content_block_start", index: 0, content_block: start },
    ...pieces.map((delta) => ({ type: "content_block_delta", index: 0, delta })),
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: whole["stop_reason"], stop_sequence: null }, usage: whole["usage"] },
    { type: "message_stop" },
  ];
}
