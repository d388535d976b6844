import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MemoryHogFacts } from "../insideProbe/load.ts";
import { cgroupRoot } from "./limits.ts";
import { experiment, firstLine, type ProofContext } from "./experiment.ts";
import { agentCommand, startInside, type Inside } from "./inside.ts";
import { harm, nanoclawProcess, type LoadFacts } from "./loadProofs.ts";
import { lookAt } from "./seenContainer.ts";
import { smokeGroup } from "./groups.ts";
import { asService, stateRoot } from "../agentRun/serviceUser.ts";

/** N hogs at once, each in its container, and what the kernel says of the slice that holds them. */
export interface SliceFacts extends LoadFacts<readonly MemoryHogFacts[]> {
  /** Hogs whose container was in the slice. */
  readonly inSlice: number;
  /** The slice's own limit, and the most that was seen in it, in bytes. */
  readonly memoryMax: number;
  readonly most: number;
  /** The guard's complaint about one container more; undefined when it ran. */
  readonly oneMore: string | undefined;
}

/** All of them at once. */
export const sliceProofs = experiment<SliceFacts>({
  sets: ["full"],
  does: "a memory hog in every container at once",
  look: hogs,
  rows: [
    {
      name: "hogs-stay-under-the-cap",
      protection: "slice",
      asserts: "memory hogs in all containers at once, which want more, stay under their slice's cap, and NanoClaw lives on",
      wanted: ({ containers, agentsSlice }) => `${containers} in the slice, killed before they have more than ${agentsSlice.memoryMaxBytes} bytes together`,
      remedy: "run `pulumi up`: the podman step writes nanoclaw-agents.slice, and the guard puts containers there",
      judge: (facts, { containers, agentsSlice }) => {
        const killed = facts.inside.filter(({ signal }) => signal === "SIGKILL").length;
        const ok = facts.inSlice === containers && killed > 0 && facts.memoryMax <= agentsSlice.memoryMaxBytes && facts.most <= facts.memoryMax && harm(facts) === "";
        return { ok, got: `${facts.inSlice} in the slice, ${killed} killed, at most ${facts.most} of ${facts.memoryMax} bytes${harm(facts)}` };
      },
    },
    {
      name: "no-more-than-n",
      protection: "slice",
      asserts: "while as many containers run as the host is sized for, one more is refused",
      wanted: "refused by the rule count",
      remedy: "see `containers` in /etc/nanoclaw/guard.json, and run `pulumi up`",
      judge: ({ oneMore }) => ({ ok: oneMore?.includes("[rule count;") === true, got: oneMore === undefined ? "it ran" : (/\[rule [\w-]+;/.exec(oneMore)?.[0] ?? oneMore).replace(/[[;]/g, "") }),
    },
  ],
});

async function hogs(context: ProofContext): Promise<SliceFacts> {
  const { settings, user } = context;
  const before = nanoclawProcess();
  const containers: Inside<MemoryHogFacts>[] = [];
  try {
    // One after the other, so that a host that is busy starting them is not taken for one that is full.
    for (let n = 0; n < settings.containers; n++) containers.push(await startInside<MemoryHogFacts>(context, "memoryHog", { most: settings.container.memoryMaxBytes + 2 ** 27, wait: true }));
    const looks = containers.map(({ name }) => lookAt(user, name));
    const slices = looks.flatMap(({ process: { agentsSlice } }) => agentsSlice ?? []);
    const oneMore = tryOneMore(context);
    const read = (file: string): number => Number(slices[0] === undefined ? NaN : readFileSync(join(cgroupRoot, slices[0], file), "utf8"));
    let most = 0;
    const watch = setInterval(() => void (most = Math.max(most, read("memory.current") || 0)), 50);
    for (const { pid } of looks) process.kill(pid, "SIGUSR2");
    const inside = await Promise.all(containers.map(({ facts }) => facts)).finally(() => clearInterval(watch));
    return { inside, nanoclaw: [before, nanoclawProcess()], inSlice: slices.length, memoryMax: read("memory.max"), most, oneMore };
  } finally {
    await Promise.all(containers.map((container) => container.end()));
  }
}

function tryOneMore(context: ProofContext): string | undefined {
  const { args } = agentCommand(context, smokeGroup, ["--entrypoint", "true"], []);
  try {
    asService(context.user, "docker", args.filter((word) => word !== "-i"), stateRoot);
    return undefined;
  } catch (error) {
    return (error as { stderr?: string }).stderr ?? firstLine(error);
  }
}
