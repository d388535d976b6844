// STAND-IN, only for tests: a server of the test's small world: https on 443, http on 80. It says what it was asked, and
// plays the model's API at /v1/…: a stream stops after its first event until somebody asks for /release.
import { appendFileSync, readFileSync } from "node:fs";
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";

const [certificate, address, log] = process.argv.slice(2) as [string, string, string];
const waiting: ServerResponse[] = [];

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { method, url = "", headers } = request;
  appendFileSync(log, `${JSON.stringify({ method, url, headers })}\n`);
  if (url === "/release") {
    for (const one of waiting.splice(0)) one.end("data: last\n\n");
    return void response.end("released\n");
  }
  if (url.startsWith("/v1/messages?stream")) {
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: first\n\n");
    return void waiting.push(response);
  }
  if (url.startsWith("/v1/") && !/^sk-good/.test(String(headers["x-api-key"]))) return void response.writeHead(401).end("no\n");
  response.end(`world ${address}\n`);
}

createServer({ key: readFileSync(`${certificate}.key`), cert: readFileSync(`${certificate}.crt`) }, answer).listen(443, address);
createPlain(answer).listen(80, address);
