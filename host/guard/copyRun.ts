import type { GuardPolicy } from "../../contract/policy.ts";
import { audit } from "./audit.ts";
import { copyName, reapCopies } from "./copyPlaces.ts";
import { copyIn, copyOut } from "./copyWorkspace.ts";
import { podmanEnvironment, runThrough } from "./exec.ts";
import { mountedNames } from "./mountWorld.ts";
import type { RunPlan } from "./run.ts";

/** What a run on a copy needs to know of the host. */
export interface CopyRunWorld {
  /** Start time of a process in ticks, or undefined when it is gone. */
  readonly startTime: (pid: number) => string | undefined;
  /** True once no process of the container is left. */
  readonly ended: () => boolean;
}

/**
 * `workspace: "copy"`: this process stays, because the copy comes back after the container has ended. Returns podman's
 * exit status, which nothing that an agent leaves in the copy changes. @throws Refusal when the copy cannot be made
 */
export async function runOnCopy(plan: RunPlan, source: string, argv: readonly string[], policy: GuardPolicy, { startTime, ended }: CopyRunWorld): Promise<number> {
  const copies = `${policy.root}/data/guard-copies`;
  const tell = async (reason: string, more: object = {}): Promise<void> => {
    process.stderr.write(`nanoclaw-guard: ${reason}\n`);
    await audit({ ...plan.entry, reason, ...more }, policy.journalSocket);
  };
  const { removed, kept } = reapCopies(copies, { startTime, mounted: (name) => mountedNames([name]).size > 0 });
  if (removed.length > 0) await tell(`removed, for newer ones are kept of the same group: the workspaces of killed runs ${removed.join(", ")}`);
  if (kept.length > 0) await tell(`the workspaces of killed runs are still in ${copies}: ${kept.join(", ")}. Take what you need and remove them`);
  const copy = copyIn(source, `${copies}/${copyName(plan.entry.group ?? "none", Date.now(), process.pid, startTime(process.pid))}`, policy.copy);
  const mounted = argv.map((word) => (word.startsWith(`${source}:`) ? copy.directory + word.slice(source.length) : word));
  const status = await runThrough(policy.podman, mounted, podmanEnvironment(plan.environment));
  if (!ended()) await tell(`the container did not end: its workspace stays in ${copy.directory}`, { copiedBack: 0, notCopied: ["everything"] });
  else {
    const back = copyOut(copy, source, policy.copy);
    const told = { copiedBack: back.copied, notCopied: [...copy.refused, ...back.refused] };
    if (back.kept) await tell(`the host could not take back all of the workspace: it stays in ${copy.directory}`, told);
    else await audit({ ...plan.entry, reason: "the workspace's copy came back", ...told }, policy.journalSocket);
  }
  return status;
}
