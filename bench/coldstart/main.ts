import { installedContract } from "../../host/agentRun/groupState.ts";
import { becomeService, serviceUser, stateRoot } from "../../host/agentRun/serviceUser.ts";
import { coldStart, type Split } from "./coldStart.ts";

/**
 * The time from a message to the first byte of its reply, with NanoClaw's own entrypoint and with ours. `make bench` runs
 * it; by hand, on a provisioned host, as root or as the service user, while no other agent runs:
 *
 *   node coldstart.cjs [--runs 5] [--entrypoint /app/entrypoint.sh] [--timeout 600]
 *
 * The two ways are the same image, flags and guard, interleaved, so that what else the machine does falls on both alike.
 * Prints one JSON object: the medians of each part in milliseconds, and how many times less of our own time (all but
 * Claude Code's and the model's) a start takes; the goal is 10.
 */
function option(name: string, otherwise: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return (at < 0 ? undefined : process.argv[at + 1]) ?? otherwise;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return Math.round(sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2);
}

const parts = ["container", "entrypoint", "runner", "reply"] as const satisfies readonly (keyof Split)[];
const ownTime = ({ container, entrypoint, runner }: Split): number => container + entrypoint + runner;

function summary(splits: readonly Split[]): Record<string, number> {
  return { ...Object.fromEntries(parts.map((part) => [part, median(splits.map((split) => split[part]))])), own: median(splits.map(ownTime)), total: median(splits.map((split) => ownTime(split) + split.reply)) };
}

async function main(): Promise<void> {
  const runs = Number(option("runs", "5"));
  becomeService(serviceUser());
  const common = { contract: installedContract(stateRoot), root: stateRoot, group: "bench-coldstart", timeoutSeconds: Number(option("timeout", "600")) };
  const upstream: Split[] = [];
  const ours: Split[] = [];
  for (let run = 0; run < runs; run++) {
    upstream.push(await coldStart({ ...common, entrypoint: option("entrypoint", "/app/entrypoint.sh") }));
    ours.push(await coldStart({ ...common, entrypoint: undefined }));
    process.stderr.write(`${run + 1} of ${runs}: upstream ${JSON.stringify(upstream.at(-1))}, ours ${JSON.stringify(ours.at(-1))}\n`);
  }
  const medians = { upstream: summary(upstream), ours: summary(ours) };
  console.log(JSON.stringify({ runs, medianMilliseconds: medians, timesLess: Math.round((medians.upstream["own"]! / medians.ours["own"]!) * 10) / 10, entrypointTimesLess: Math.round((medians.upstream["entrypoint"]! / medians.ours["entrypoint"]!) * 10) / 10, goal: 10 }));
}

main().catch((error: unknown) => {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
