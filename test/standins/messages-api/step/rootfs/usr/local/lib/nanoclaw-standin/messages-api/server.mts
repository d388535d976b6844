// STAND-IN, only for tests: a small server that speaks Anthropic's Messages API, so that the real Claude Code can run without internet.
//
//   node server.mts [--host 127.0.0.1] [--port 8080] [--key-sha256 HEX]
//
// It needs nothing but Node >= 22.18. It refuses requests without a credential, and with --key-sha256 those whose
// credential is another one. It logs one line for each request: never a credential, only the start of its SHA-256.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { replyTo, tokens, type MessagesRequest } from "./reply.mts";
import { messageEvents, wholeMessage } from "./stream.mts";

/** How the stand-in listens and whom it answers. */
export interface StandInOptions {
  /** Address to listen on. */
  host: string;
  /** TCP port; 0 = any free one. */
  port: number;
  /** SHA-256 (hex) of the only credential that is accepted; absent = any. */
  keySha256?: string;
  /** Where each request's line goes. */
  log: (line: string) => void;
}

const models = ["claude-opus-4-6", "claude-sonnet-4-6", "claude-haiku-4-5-20251001"];
/** A conversation may be long, an attack on the stand-in's memory may not. */
const bodyLimitBytes = 64 * 1024 * 1024;

function credentialOf(request: IncomingMessage): string | undefined {
  const key = request.headers["x-api-key"];
  if (typeof key === "string" && key !== "") return key;
  return /^Bearer (?<token>.+)$/.exec(request.headers.authorization ?? "")?.groups?.["token"];
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyLimitBytes) throw new Error("the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function sendError(response: ServerResponse, status: number, type: string, message: string): void {
  sendJson(response, status, { type: "error", error: { type, message } });
}

function readRequest(text: string): MessagesRequest | undefined {
  try {
    const value = JSON.parse(text) as MessagesRequest;
    return Array.isArray(value?.messages) ? value : undefined;
  } catch {
    return undefined;
  }
}

function sendMessage(response: ServerResponse, request: MessagesRequest): void {
  const reply = replyTo(request);
  if (request.stream !== true) {
    sendJson(response, 200, wholeMessage(request, reply));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  for (const event of messageEvents(request, reply)) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
}

async function answer(request: IncomingMessage, response: ServerResponse, options: StandInOptions): Promise<void> {
  const path = new URL(request.url ?? "/", "http://stand-in").pathname;
  if (request.method === "HEAD" || path === "/health") return sendJson(response, 200, { standIn: "messages-api" });
  const credential = credentialOf(request);
  const digest = credential === undefined ? undefined : createHash("sha256").update(credential).digest("hex");
  options.log(`${request.method} ${path} credential=${digest?.slice(0, 12) ?? "none"}`);
  if (digest === undefined) return sendError(response, 401, "authentication_error", "x-api-key or Authorization: Bearer is missing");
  if (options.keySha256 !== undefined && digest !== options.keySha256) return sendError(response, 401, "authentication_error", "invalid x-api-key");
  if (request.method === "GET" && path === "/v1/models") {
    return sendJson(response, 200, { data: models.map((id) => ({ type: "model", id, display_name: id })), has_more: false });
  }
  if (request.method !== "POST" || !["/v1/messages", "/v1/messages/count_tokens"].includes(path)) {
    return sendError(response, 404, "not_found_error", `${request.method} ${path} is not known to the stand-in`);
  }
  const body = readRequest(await bodyOf(request));
  if (body === undefined) return sendError(response, 400, "invalid_request_error", "messages: a list is required");
  if (path.endsWith("/count_tokens")) return sendJson(response, 200, { input_tokens: tokens(body.messages) });
  sendMessage(response, body);
}

/** Starts the stand-in and resolves when it listens; `port` is the real one. */
export function startMessagesApi(options: StandInOptions): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      options.log(`error: ${String(error)}`);
      if (response.headersSent) response.destroy();
      else sendError(response, 500, "api_error", "the stand-in failed; see its log");
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => resolve({ server, port: (server.address() as AddressInfo).port }));
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { host: { type: "string", default: "127.0.0.1" }, port: { type: "string", default: "8080" }, "key-sha256": { type: "string" } },
  });
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const keySha256 = values["key-sha256"];
  const { server, port } = await startMessagesApi({
    host: values.host,
    port: Number(values.port),
    ...(keySha256 === undefined ? {} : { keySha256 }),
    log,
  });
  log(`STAND-IN for Anthropic's Messages API on http://${values.host}:${port}: replies are made up`);
  process.once("SIGTERM", () => {
    server.close();
    server.closeAllConnections();
  });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
