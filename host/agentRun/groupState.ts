import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLOSE_FILE } from "../../contract/agentProtocol.ts";
import { nanoclawContract, type NanoclawContract } from "../../contract/nanoclaw.ts";
import { parseEnvFile } from "./envFile.ts";

/** The directory that the agent of a group reads further messages from. */
export function inputDirectory(root: string, group: string): string {
  return join(root, "data", "ipc", group, "input");
}

/** Asks the group's agent to end. */
export function requestClose(root: string, group: string): void {
  writeFileSync(join(inputDirectory(root, group), CLOSE_FILE), "");
}

/** Sends a further message to the group's agent, which is running. */
export function sendMessage(root: string, group: string, text: string): void {
  const file = join(inputDirectory(root, group), `${Date.now()}-${randomBytes(2).toString("hex")}.json`);
  writeFileSync(`${file}.tmp`, JSON.stringify({ type: "message", text }));
  renameSync(`${file}.tmp`, file);
}

/** Makes what NanoClaw makes before it starts a group's first container; what is there stays as it is. */
export function prepareGroup(root: string, group: string): void {
  const session = join(root, "data", "sessions", group);
  mkdirSync(join(root, "groups", group, "logs"), { recursive: true });
  mkdirSync(join(session, ".claude"), { recursive: true });
  for (const directory of ["messages", "tasks", "input"]) mkdirSync(join(root, "data", "ipc", group, directory), { recursive: true });
  const runner = join(session, "agent-runner-src");
  if (!existsSync(runner)) cpSync(join(root, "container", "agent-runner", "src"), runner, { recursive: true, dereference: true });
}

/** The secrets that this version passes to an agent, from `.env` in its root. Never log them. */
export function readSecrets(root: string, contract: NanoclawContract): Record<string, string> {
  const file = join(root, ".env");
  const values = existsSync(file) ? parseEnvFile(readFileSync(file, "utf8")) : {};
  return Object.fromEntries(contract.secrets.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])));
}

/**
 * The contract of the NanoClaw that is installed below a root.
 * @throws Error when its version is not known, or when none is installed
 */
export function installedContract(root: string): NanoclawContract {
  const file = join(root, "package.json");
  if (!existsSync(file)) throw new Error(`${file}: wanted an installed NanoClaw; got none. Remedy: provision the host with \`pulumi up\` first`);
  return nanoclawContract(String((JSON.parse(readFileSync(file, "utf8")) as { version?: unknown }).version));
}
