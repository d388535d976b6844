import { writeSync } from "node:fs";
import { lookAtBox } from "./box.ts";
import { openPage } from "./browser.ts";
import { burnCpu, fillMemoryFileSystems, forkBomb, grow, hogMemory } from "./load.ts";
import { lookAtProject } from "./project.ts";

/**
 * The probe that runs inside an agent's container, in the agent's place, started by the guard as NanoClaw would:
 * `node -e <this program> LOOK ARGUMENT [stay]`. It prints `{"ready":true}`, then the look's facts as one line of JSON,
 * and judges nothing. With `stay` it then waits, so that it can be looked at from outside.
 */

const looks: Readonly<Record<string, (argument: never) => unknown>> = {
  box: lookAtBox,
  project: lookAtProject,
  forkBomb,
  memoryHog: hogMemory,
  grow,
  cpuBurn: burnCpu,
  fill: fillMemoryFileSystems,
  browser: openPage,
  /** Does nothing: a container that is there. */
  nothing: () => ({}),
};

/** Nobody waits longer; a probe whose smoke test was killed ends by itself. */
const lifetimeMilliseconds = 15 * 60_000;

const print = (value: unknown): void => void writeSync(1, `${JSON.stringify(value)}\n`);

async function main([look = "", argument = "{}", stay]: string[]): Promise<void> {
  setTimeout(() => process.exit(1), lifetimeMilliseconds);
  print({ ready: true });
  const facts: unknown = await looks[look]?.(JSON.parse(argument) as never);
  print(facts ?? { error: `no look is called ${look}` });
  if (stay !== "stay") process.exit(0);
}

void main(process.argv.slice(1));
