// Part of the stand-in for the `command` plugin: an SSH connection as `connection` describes it, with retries.
import ssh2 from "ssh2";
import type { Client, ConnectConfig, ServerHostKeyAlgorithm } from "ssh2";

import type { Context } from "./steps.ts";

/** `connection.proxy`, and what a connection has in common with it. */
export interface Endpoint {
  host: string;
  port: number;
  user: string;
  password?: string;
  privateKey?: string;
  privateKeyPassword?: string;
  agentSocketPath?: string;
  /** Failures that are allowed before giving up; -1 = no end. */
  dialErrorLimit: number;
  /** Seconds for one attempt; 0 = no limit. */
  perDialTimeout: number;
  /** The server's public key; any key is accepted when it is not given. */
  hostKey?: string;
}

/** `connection` of a resource. */
export interface Connection extends Endpoint {
  proxy?: Endpoint;
}

/** An open connection and how to end it, with the bastion's where there is one. */
export interface Dialled {
  client: Client;
  close(): void;
}

/** Connects, by way of the bastion where one is given. */
export async function dial(connection: Connection, context: Context): Promise<Dialled> {
  const config = settings(connection);
  const { proxy } = connection;
  if (!proxy) {
    const client = await retry("Dial", connection.dialErrorLimit, context, () => connect(config, context));
    return { client, close: () => client.end() };
  }
  const proxyConfig = prefixed("proxy", () => settings(proxy));
  const bastion = await retry("Dial proxy", proxy.dialErrorLimit, context, () => connect(proxyConfig, context)).catch(viaProxy);
  const client = await retry("Dial from proxy", connection.dialErrorLimit, context, async () => {
    const sock = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
      bastion.forwardOut("127.0.0.1", 0, connection.host, connection.port, (error, stream) => (error ? reject(error) : resolve(stream)));
    });
    return connect({ ...config, sock }, context);
  }).catch((error: Error) => {
    bastion.end();
    return viaProxy(error);
  });
  return { client, close: () => (client.end(), bastion.end()) };
}

function settings(endpoint: Endpoint): ConnectConfig {
  const config: ConnectConfig = {
    host: endpoint.host,
    port: endpoint.port,
    username: endpoint.user,
    readyTimeout: endpoint.perDialTimeout * 1000,
    // A machine that died must not be waited for without end.
    keepaliveInterval: 30_000,
    keepaliveCountMax: 10,
  };
  if (endpoint.hostKey !== undefined) {
    const wanted = parse(endpoint.hostKey, "failed to parse host key");
    config.hostVerifier = (key: Buffer) => key.equals(wanted.getPublicSSH());
    const types = wanted.type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] : [wanted.type];
    config.algorithms = { serverHostKey: types as ServerHostKeyAlgorithm[] };
  }
  if (endpoint.privateKey !== undefined) {
    // Checked here so that a bad key is an error at once, and without the key in its text.
    parse(endpoint.privateKey, "failed to parse private key", endpoint.privateKeyPassword);
    config.privateKey = endpoint.privateKey;
    if (endpoint.privateKeyPassword !== undefined) config.passphrase = endpoint.privateKeyPassword;
  }
  if (endpoint.password !== undefined) {
    config.password = endpoint.password;
    config.tryKeyboard = true;
  }
  const agent = endpoint.agentSocketPath ?? process.env["SSH_AUTH_SOCK"];
  if (agent) config.agent = agent;
  config.authHandler = [
    ...(config.privateKey ? ["publickey"] : []),
    ...(config.password !== undefined ? ["password", "keyboard-interactive"] : []),
    ...(config.agent ? ["agent"] : []),
  ] as never;
  return config;
}

function parse(text: string, what: string, passphrase?: string): ssh2.ParsedKey {
  const parsed = ssh2.utils.parseKey(text, passphrase);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (!key || key instanceof Error) throw new Error(`${what}: ${key?.message ?? "no key in it"}`);
  return key;
}

function connect(config: ConnectConfig, context: Context): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const abort = () => {
      client.destroy();
      reject(new Error("cancelled"));
    };
    const settle = () => context.signal.removeEventListener("abort", abort);
    context.signal.addEventListener("abort", abort, { once: true });
    client.on("keyboard-interactive", (_name, _instructions, _language, prompts, finish) => {
      finish(prompts.map(() => String(config.password)));
    });
    client.once("ready", () => {
      settle();
      client.on("error", () => undefined); // From here on the channel that is open reports it.
      resolve(client);
    });
    client.on("error", (error: Error & { level?: string }) => {
      settle();
      client.destroy();
      reject(new Error(explain(error, config)));
    });
    client.connect(config);
  });
}

function explain(error: Error & { level?: string }, config: ConnectConfig): string {
  const where = `${config.username}@${config.host}:${config.port}`;
  if (error.level === "client-authentication") return `ssh: unable to authenticate as ${where}: the server refused what was offered`;
  if (/verification failed|no matching host key/i.test(error.message)) return `ssh: host key mismatch: ${where} did not show the key that \`hostKey\` names`;
  return `dial ${where}: ${error.message}`;
}

/** Tries again, a little later each time, until the limit of failures. */
async function retry<T>(what: string, limit: number, context: Context, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (context.signal.aborted) throw new Error("cancelled");
      failures++;
      if (limit !== -1 && failures > limit) throw new Error(`after ${limit} failed attempts: ${(error as Error).message}`);
      context.log.status(context.urn, `${what} ${failures}/${limit === -1 ? "inf" : limit} failed: retrying`);
      await new Promise((resolve) => setTimeout(resolve, Math.min(5000, 100 * 1.5 ** failures)));
    }
  }
}

function viaProxy(error: Error): never {
  throw new Error(`proxy: ${error.message}`);
}

function prefixed<T>(what: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`);
  }
}
