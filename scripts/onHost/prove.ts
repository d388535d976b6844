import { parseArgs } from "node:util";
import { Refusal } from "../../components/refusal.ts";
import { runOnHost } from "./ssh.ts";
import type { Stack } from "./stack.ts";

/**
 * `make prove`: every proof on every host that is meant, one host after the other. Prints a table for each, or with
 * `--json` one line for each, a HostProofReport. `--without PROOF` leaves one out, such as agent-replies, which asks the
 * model.
 *
 * @returns the exit code: 0 when every proof holds on every host
 * @throws Refusal for an option that is not known
 */
export async function prove(stack: Stack, args: string[]): Promise<number> {
  const { json, without } = optionsOf(args);
  let worst = 0;
  for (const host of stack.hosts) {
    if (!json && stack.hosts.length > 1) console.log(`\n${host.name}`);
    const options = [...without.flatMap((name) => ["--without", name]), ...(json ? ["--json", "--host", host.name] : [])];
    worst = Math.max(worst, await runOnHost(stack, host, { purpose: "try there whether the box holds, every proof", argv: ["/opt/nanoclaw/node/current/bin/node", "/opt/nanoclaw/lib/smoke.cjs", "full", ...options], terminal: false, input: "" }));
  }
  return worst;
}

function optionsOf(args: string[]): { json: boolean; without: string[] } {
  try {
    return parseArgs({ args, options: { json: { type: "boolean", default: false }, without: { type: "string", multiple: true, default: [] } } }).values;
  } catch (error) {
    throw new Refusal({ field: "prove", wanted: "--json or --without PROOF", given: (error as Error).message, remedy: "such as `make prove ARGS=--json`" });
  }
}
