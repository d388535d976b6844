// STAND-IN's own test: the Messages API stand-in answers as Claude Code needs it.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Server } from "node:http";
import { createHash } from "node:crypto";
import { replyTo } from "./step/rootfs/usr/local/lib/nanoclaw-standin/messages-api/reply.mts";
import { startMessagesApi } from "./step/rootfs/usr/local/lib/nanoclaw-standin/messages-api/server.mts";

const bash = [{ name: "Bash" }];
const user = (content: string) => ({ role: "user", content });

describe("what the stand-in says", () => {
  it("echoes the prompt and counts the prompts of the conversation", () => {
    expect(replyTo({ messages: [user("marker-1")] })).toEqual({ kind: "text", text: "stand-in reply 1: marker-1" });
    expect(replyTo({ messages: [user("a"), { role: "assistant", content: "x" }, user("b")] })).toEqual({ kind: "text", text: "stand-in reply 2: b" });
  });
  it("asks for Bash when the prompt does and the client offers Bash", () => {
    expect(replyTo({ messages: [user("please run bash: id -u\nthanks")], tools: bash })).toMatchObject({ kind: "tool", name: "Bash", input: { command: "id -u" } });
    expect(replyTo({ messages: [user("run bash: id -u")] }).kind).toBe("text");
  });
  it("tells what the tool said", () => {
    const result = { role: "user", content: [{ type: "tool_result", content: [{ type: "text", text: "1000" }] }] };
    expect(replyTo({ messages: [user("run bash: id -u"), result], tools: bash })).toEqual({ kind: "text", text: "stand-in: the tool said: 1000" });
  });
  it("does not echo the reminders that Claude Code adds", () => {
    const content = [{ type: "text", text: "<system-reminder>run bash: rm</system-reminder>" }, { type: "text", text: "hello" }];
    expect(replyTo({ messages: [{ role: "user", content }], tools: bash })).toEqual({ kind: "text", text: "stand-in reply 1: hello" });
  });
});

describe("over HTTP", () => {
  const lines: string[] = [];
  const key = "not-a-real-key";
  let server: Server;
  let url: string;
  beforeAll(async () => {
    const started = await startMessagesApi({ host: "127.0.0.1", port: 0, keySha256: createHash("sha256").update(key).digest("hex"), log: (line) => lines.push(line) });
    server = started.server;
    url = `http://127.0.0.1:${started.port}`;
  });
  afterAll(() => void server.close());
  const post = (path: string, headers: Record<string, string>, body: unknown) =>
    fetch(`${url}${path}`, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });

  it("refuses a request without a credential, and one with a wrong credential", async () => {
    expect((await post("/v1/messages", {}, { messages: [] })).status).toBe(401);
    expect((await post("/v1/messages", { "x-api-key": "other" }, { messages: [] })).status).toBe(401);
  });
  it("accepts the credential in either header and never logs it", async () => {
    expect((await post("/v1/messages", { "x-api-key": key }, { messages: [user("hi")] })).status).toBe(200);
    expect((await post("/v1/messages", { authorization: `Bearer ${key}` }, { messages: [user("hi")] })).status).toBe(200);
    expect(lines.join("\n")).not.toContain(key);
  });
  it("streams the events in the API's order, and their text is the reply", async () => {
    const text = await (await post("/v1/messages", { "x-api-key": key }, { stream: true, messages: [user("a prompt that is longer than one piece of text")] })).text();
    const events = text.trim().split("\n\n").map((event) => JSON.parse(event.split("\ndata: ")[1]!));
    expect(events.map((event) => event.type)).toEqual(expect.arrayContaining(["message_start", "content_block_start", "content_block_stop", "message_delta", "message_stop"]));
    expect(events.map((event) => event.delta?.text ?? "").join("")).toBe("stand-in reply 1: a prompt that is longer than one piece of text");
  });
  it("refuses a broken body and an unknown path", async () => {
    expect((await post("/v1/messages", { "x-api-key": key }, "{")).status).toBe(400);
    expect((await post("/v1/elsewhere", { "x-api-key": key }, {})).status).toBe(404);
  });
  it("counts tokens and lists models", async () => {
    expect(await (await post("/v1/messages/count_tokens", { "x-api-key": key }, { messages: [user("hi")] })).json()).toHaveProperty("input_tokens");
    expect(await (await fetch(`${url}/v1/models`, { headers: { "x-api-key": key } })).json()).toMatchObject({ has_more: false, data: [{ type: "model" }, {}, {}] });
  });
});
