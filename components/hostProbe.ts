import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HostFacts } from "../contract/facts.ts";
import type { PlainConnection } from "./machine/index.ts";
import { runScript, type ScriptOptions } from "./remoteScript.ts";

/** What asking a host gave: its facts, or why there are none, in words for people. */
export type ProbeResult = { readonly facts: HostFacts } | { readonly unreachable: string };

/**
 * Asks a host for its facts in one SSH round trip, changing nothing there.
 *
 * @param root directory of the checkout
 */
export async function probeHost(connection: PlainConnection, { root, ...options }: ScriptOptions & { root: string }): Promise<ProbeResult> {
  const answer = await runScript(connection, readFileSync(join(root, "host", "probe", "probe.sh"), "utf8"), options);
  if ("unreachable" in answer) return answer;
  try {
    return { facts: HostFacts.parse(JSON.parse(answer.output)) };
  } catch (error) {
    return { unreachable: `it answered something that is not facts: ${String(error).slice(0, 300)}` };
  }
}
