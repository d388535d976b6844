import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { NanoclawContract } from "../../contract/nanoclaw.ts";

/** Which conversation of a group a chat goes on with: its own last one, or the one that NanoClaw keeps for the group where that is newer. */

function file(root: string, group: string): string {
  return join(root, "data", "headless", "sessions", `${group}.json`);
}

/** The session to go on with; undefined when the group never had one. */
export async function readSession(root: string, contract: NanoclawContract, group: string): Promise<string | undefined> {
  const [own, nanoclaw] = [ownSession(root, group), await nanoclawSession(root, contract, group)];
  if (own === undefined || nanoclaw === undefined) return own ?? nanoclaw;
  return lastUsed(root, group, nanoclaw) > lastUsed(root, group, own) ? nanoclaw : own;
}

function ownSession(root: string, group: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(file(root, group), "utf8")) as { sessionId?: string }).sessionId;
  } catch {
    return undefined; // never talked here
  }
}

/** When a session was last written to, by the agent's own record of it; neither NanoClaw nor the agent says it elsewhere. 0 = no record. */
function lastUsed(root: string, group: string, sessionId: string): number {
  const projects = join(root, "data", "sessions", group, ".claude", "projects");
  try {
    const records = readdirSync(projects).map((project) => lstatSync(join(projects, project, `${sessionId}.jsonl`), { throwIfNoEntry: false })?.mtimeMs ?? 0);
    return Math.max(0, ...records);
  } catch {
    return 0; // the agent may have put anything there
  }
}

/** Read-only: NanoClaw has it in memory and writes it when it likes. */
async function nanoclawSession(root: string, contract: NanoclawContract, group: string): Promise<string | undefined> {
  const database = contract.databases[0] === undefined ? undefined : join(root, contract.databases[0]);
  if (database === undefined || !existsSync(database)) return undefined;
  try {
    const { DatabaseSync } = await import("node:sqlite");
    const row = new DatabaseSync(database, { readOnly: true }).prepare(contract.sessionQuery).get(group);
    return row === undefined ? undefined : String(Object.values(row)[0]);
  } catch {
    return undefined; // a database of another shape has no session for us
  }
}

/** Remembers it for the next chat. */
export function keepSession(root: string, group: string, sessionId: string): void {
  const path = file(root, group);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify({ sessionId }), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
