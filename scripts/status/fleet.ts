import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runScript } from "../../components/remoteScript.ts";
import type { Finding, FleetStatus, HostSeen, HostStatus } from "../../contract/status.ts";
import { explainDown, knownDown, type Down } from "../onHost/down.ts";
import { makeCommand, root, type Stack, type StackHost } from "../onHost/stack.ts";
import { findingsOf } from "./findings.ts";
import { readHost } from "./readHost.ts";

/** Asks all hosts at once, each in one SSH round trip. A host that does not answer in `timeoutSeconds` counts as down. */
export async function askFleet(stack: Stack, timeoutSeconds = 60): Promise<FleetStatus> {
  const script = ["probe/probe.sh", "status/status.sh"].map((file) => readFileSync(join(root, "host", file), "utf8")).join("\n");
  const at = new Date().toISOString();
  const hosts = await Promise.all(stack.hosts.map((host) => askHost(stack, host, script, timeoutSeconds)));
  return printable({ stack: stack.name, at, ok: hosts.every(({ ok }) => ok), hosts });
}

/** Nothing that came from a host moves the cursor, changes colours or hides text. */
export function printable<T>(value: T): T {
  const clean = (_: string, part: unknown): unknown => (typeof part === "string" ? part.replaceAll(/\p{Cc}|[\u200b-\u200f\u202a-\u202e\u2066-\u2069]/gu, "·") : part);
  return JSON.parse(JSON.stringify(value, clean)) as T;
}

async function askHost(stack: Stack, host: StackHost, script: string, timeoutSeconds: number): Promise<HostStatus> {
  const { name, login } = host;
  const known = knownDown(stack, host);
  if (known !== undefined) return hostStatus(host, null, [downFinding(known)]);
  const answer = await runScript(login, script, { sudoPassword: login.sudoPassword, timeoutSeconds });
  if ("unreachable" in answer) return hostStatus(host, null, [downFinding(await explainDown(stack, host, answer.unreachable))]);
  let seen: HostSeen;
  try {
    seen = readHost(answer.output);
  } catch (error) {
    const what = `it answered something else than its state: ${String(error).split("\n")[0]?.slice(0, 200)}`;
    return hostStatus(host, null, [{ level: "wrong", about: "host", what, remedy: `see what \`${makeCommand("shell", stack.name, name)}\` shows; a login script that prints something does this` }]);
  }
  return hostStatus(host, seen, findingsOf(seen, stack.up, makeCommand("pair", stack.name, stack.hosts.length > 1 ? name : undefined)));
}

function hostStatus({ name, login }: StackHost, seen: HostSeen | null, findings: Finding[]): HostStatus {
  const ok = findings.every(({ level }) => level === "note");
  return { name, login: `${login.user}@${login.host}:${login.port}`, ok, findings, seen };
}

function downFinding({ why, remedy, console: lines }: Down): Finding {
  const last = lines.at(-1);
  return { level: "wrong", about: "host", what: `${why}, so its service, containers, caps, disks and proofs could not be looked at${last === undefined ? "" : `; the console's last line: ${last}`}`, remedy };
}
