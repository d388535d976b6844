import { build } from "esbuild";
import { join } from "node:path";
import { Refusal } from "../../components/refusal.ts";
import { oneHost, root, type Stack } from "./stack.ts";
import { runOnHost } from "./ssh.ts";

/** What can be measured on a provisioned host; each is a directory of bench/ with a main.ts. */
const benches = ["guard", "coldstart"] as const;

/** `make bench`: runs the benches on a host that does nothing else meanwhile, one after the other. BENCH = one of them; RUNS. */
export async function bench(stack: Stack): Promise<number> {
  const { BENCH: only, RUNS: runs } = process.env;
  if (only !== undefined && !benches.some((name) => name === only)) throw new Refusal({ field: "BENCH", wanted: benches.join(" or "), given: only, remedy: "leave it out for both" });
  if (runs !== undefined && !/^[1-9]\d{0,3}$/.test(runs)) throw new Refusal({ field: "RUNS", wanted: "a number of runs, 1 to 9999", given: runs, remedy: "leave it out for the bench's own" });
  const host = oneHost(stack);
  let worst = 0;
  for (const name of benches.filter((one) => only === undefined || one === only)) {
    console.log(`\n== bench/${name} on ${host.name}`);
    const argv = ["/opt/nanoclaw/node/current/bin/node", "-", ...(runs === undefined ? [] : ["--runs", runs])];
    worst = Math.max(worst, await runOnHost(stack, host, { purpose: `measure bench/${name}`, argv, terminal: false, input: await bundled(name) }));
  }
  return worst;
}

/** A bench as one program, which Node on the host reads from stdin: nothing of it stays there. */
async function bundled(name: string): Promise<string> {
  const { outputFiles } = await build({ entryPoints: [join(root, "bench", name, "main.ts")], bundle: true, write: false, platform: "node", target: "node22", format: "cjs", logLevel: "warning" });
  return outputFiles[0]!.text;
}
