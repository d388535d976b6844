import { Refusal } from "../components/refusal.ts";
import { doctor } from "./doctor/main.ts";
import { bench } from "./onHost/bench.ts";
import { prove } from "./onHost/prove.ts";
import { chat, logs, pair, register, shell } from "./onHost/sessions.ts";
import { readStack, type Stack } from "./onHost/stack.ts";
import { status } from "./status/main.ts";

/**
 * `make status|chat|logs|pair|register|shell|prove|bench|doctor`: commands on the hosts of a stack, over the connections that the stack knows.
 *
 *   node scripts/on-host.ts <command> [OPTION…]      STACK (dev) and HOST, and a command's values, come from the environment
 */

/** Does it, and resolves to the exit code. */
type Command = (stack: Stack, args: string[]) => Promise<number>;

const commands: Record<string, Command> = { status, chat, logs, pair, register, shell, prove, bench };

async function main([name = "", ...args]: string[]): Promise<number> {
  const stack = process.env["STACK"] || "dev";
  const host = process.env["HOST"] || undefined;
  // It must be able to look at a stack that cannot be read.
  if (name === "doctor") return doctor(stack, host, args);
  const command = commands[name];
  if (command === undefined) throw new Refusal({ field: "command", wanted: [...Object.keys(commands), "doctor"].join(", "), given: JSON.stringify(name), remedy: "see `make help`" });
  return command(await readStack(stack, host), args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
