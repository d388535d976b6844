import { lookup } from "node:dns/promises";
import { readdirSync, statSync } from "node:fs";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { connect as connectTls } from "node:tls";
import type { ListedServer } from "../../contract/settings.ts";
import type { EgressProbeArgument, EgressProbeFacts } from "../smoke/egressFacts.ts";

/**
 * What an agent's container reaches, looked at from inside, in the agent's place: `node -e <this program> ARGUMENT`.
 * Prints EgressProbeFacts as one line of JSON and judges nothing.
 */

const patienceMilliseconds = 8000;

/** "connected", or the error's code. */
function tryDirect(target: { host: string; port: number } | { path: string }): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ ...target, timeout: patienceMilliseconds });
    const end = (said: string): void => (socket.destroy(), resolve(said));
    socket.once("connect", () => end("connected"));
    socket.once("timeout", () => end("ETIMEDOUT"));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? "error"));
  });
}

/** What the proxy behind a socket answers to CONNECT: its status, or the error's code; and the tunnel, when there is one. */
function tryConnect(door: string, authority: string): Promise<{ said: string; tunnel?: Socket }> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: door, method: "CONNECT", path: authority, timeout: patienceMilliseconds });
    asked.once("connect", (response, tunnel: Socket) => resolve({ said: String(response.statusCode), tunnel }));
    asked.once("timeout", () => asked.destroy(Object.assign(new Error("late"), { code: "ETIMEDOUT" })));
    asked.once("error", (error: NodeJS.ErrnoException) => resolve({ said: error.code ?? "error" }));
    asked.end();
  });
}

/** "TLS" when a listed server shows a certificate that is trusted, "http" when it answers in plain text, else where it ended. */
async function tryListed(door: string, { host, port, tls: encrypted }: ListedServer): Promise<string> {
  if (!encrypted) return tryPlain(door, `http://${host}:${port}/`);
  const { said, tunnel } = await tryConnect(door, `${host}:${port}`);
  if (tunnel === undefined || said !== "200") return said;
  return new Promise((resolve) => {
    const tls = connectTls({ socket: tunnel, servername: host });
    const end = (text: string): void => (tls.destroy(), resolve(text));
    tls.once("secureConnect", () => end("TLS"));
    tls.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? "error"));
    tls.once("close", () => end("closed"));
    tls.setTimeout(patienceMilliseconds, () => end("ETIMEDOUT"));
  });
}

/** "http" when the server answers, whatever it says; the proxy marks the answers that are its own. */
function tryPlain(door: string, url: string): Promise<string> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: door, path: url, headers: { host: new URL(url).host }, timeout: patienceMilliseconds });
    asked.once("response", (response) => (response.resume(), resolve("x-squid-error" in response.headers ? String(response.statusCode) : "http")));
    asked.once("timeout", () => asked.destroy(Object.assign(new Error("late"), { code: "ETIMEDOUT" })));
    asked.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    asked.end();
  });
}

/** The API's status for a question that costs nothing, or the error's code. */
function tryApi(door: string): Promise<string> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: door, path: "/v1/models", headers: { "anthropic-version": "2023-06-01" }, timeout: patienceMilliseconds });
    asked.once("response", (response) => (response.resume(), resolve(String(response.statusCode))));
    asked.once("timeout", () => asked.destroy(Object.assign(new Error("late"), { code: "ETIMEDOUT" })));
    asked.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    asked.end();
  });
}

function doorsIn(directory: string): Record<string, number> {
  try {
    return Object.fromEntries(readdirSync(directory).map((name) => [name, statSync(`${directory}/${name}`).ino]));
  } catch {
    return {};
  }
}

async function each(names: readonly string[], ask: (name: string) => Promise<string>): Promise<Record<string, string>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await ask(name)] as const)));
}

async function main({ direct, name, doors, unlisted, refused, listed }: EgressProbeArgument): Promise<void> {
  const here = doorsIn(doors);
  const [web, api] = [`${doors}/web.sock`, `${doors}/api.sock`];
  const facts: EgressProbeFacts = {
    interfaces: Object.keys(networkInterfaces()),
    direct: await each(direct, (target) => tryDirect({ host: target.slice(0, target.lastIndexOf(":")), port: Number(target.slice(target.lastIndexOf(":") + 1)) })),
    dns: await lookup(name).then(({ address }) => address, (error: NodeJS.ErrnoException) => error.code ?? "error"),
    doors: here,
    opened: await each(Object.keys(here), (name) => tryDirect({ path: `${doors}/${name}` })),
    refused: "web.sock" in here ? await each([unlisted, ...refused], async (authority) => {
      const { said, tunnel } = await tryConnect(web, authority);
      tunnel?.destroy();
      return said;
    }) : {},
    listed: listed !== null && "web.sock" in here ? await tryListed(web, listed) : null,
    api: "api.sock" in here ? await tryApi(api) : null,
    environment: { ...process.env } as Record<string, string>,
  };
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}

void main(JSON.parse(process.argv[1] ?? "{}") as EgressProbeArgument);
