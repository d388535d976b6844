import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Refusal } from "../../components/refusal.ts";
import type { Stack } from "../onHost/stack.ts";
import { askFleet } from "./fleet.ts";
import { statusPage } from "./page.ts";
import { statusText } from "./text.ts";

/** Whether to colour what goes to stdout: on a terminal, unless NO_COLOR asks not to. */
export function coloured(): boolean {
  return process.stdout.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
}

/**
 * `make status`: how the hosts are, what to do first. `--json` prints a FleetStatus instead; `--html FILE` also writes
 * a page with the same facts.
 * @returns the exit code: 0 when all is well, 1 when something is wrong, 2 when the worst is that a host waits for you
 * @throws Refusal for an option that is not known
 */
export async function status(stack: Stack, args: string[]): Promise<number> {
  const options = optionsOf(args);
  const fleet = await askFleet(stack);
  if (options.html !== undefined) {
    writeFileSync(options.html, statusPage(fleet, readFileSync(join(import.meta.dirname, "page.css"), "utf8")));
    console.error(`wrote ${resolve(options.html)}`);
  }
  if (options.json) console.log(JSON.stringify(fleet, null, 2));
  else console.log(statusText(fleet, { colour: coloured() }));
  if (fleet.ok) return 0;
  return fleet.hosts.some(({ findings }) => findings.some(({ level }) => level === "wrong")) ? 1 : 2;
}

function optionsOf(args: string[]): { json: boolean; html?: string } {
  try {
    return parseArgs({ args, options: { json: { type: "boolean", default: false }, html: { type: "string" } } }).values;
  } catch (error) {
    throw new Refusal({ field: "status", wanted: "--json, --html FILE", given: (error as Error).message, remedy: "such as `make status ARGS=--json`" });
  }
}
