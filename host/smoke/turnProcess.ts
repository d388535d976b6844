import { fork } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { SmokeSettings } from "../../contract/settings.ts";
import { runAgentTurn, type AgentTurnEnd } from "../agentRun/agentTurn.ts";
import { installedContract } from "../agentRun/groupState.ts";
import { becomeService, serviceUser, stateRoot } from "../agentRun/serviceUser.ts";
import { smokeGroup } from "./groups.ts";

/**
 * The agent's turn runs in a process of its own that has become the service user for good, while the parent stays root
 * to look at the container. They talk over Node's channel.
 */
type FromTurn = { kind: "running"; name: string } | { kind: "end"; end: AgentTurnEnd } | { kind: "failed"; message: string };

/** The child's side: becomes the service and runs one turn. */
export function runTurnProcess(): void {
  const tell = (message: FromTurn): void => void process.send?.(message);
  const inspected = new Promise<void>((resolve) => process.on("message", (message) => void (message === "inspected" && resolve())));
  // The parent is gone: nobody wants the answer any more.
  const gone = new AbortController();
  process.once("disconnect", () => gone.abort());
  process.once("message", (settings) => {
    turn(settings as SmokeSettings, (name) => (tell({ kind: "running", name }), inspected), gone.signal)
      .then((end) => tell({ kind: "end", end }))
      .catch((error: unknown) => tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) }))
      .finally(() => process.connected && process.disconnect());
  });
}

async function turn(settings: SmokeSettings, whileRunning: (name: string) => Promise<void>, signal: AbortSignal): Promise<AgentTurnEnd> {
  becomeService(serviceUser());
  // A fresh conversation, and the agent-runner of the release that runs now.
  for (const kind of ["sessions", "ipc"]) rmSync(join(stateRoot, "data", kind, smokeGroup), { recursive: true, force: true });
  return runAgentTurn({
    contract: installedContract(stateRoot),
    root: stateRoot,
    group: smokeGroup,
    prompt: settings.prompt,
    timeoutSeconds: settings.replyTimeoutSeconds,
    whileRunning,
    signal,
  });
}

/** The parent's side: starts the child from this very program; `onRunning` gets the container's name once it has answered. */
export function startTurn(settings: SmokeSettings, onRunning: (name: string) => void): Promise<AgentTurnEnd> {
  return new Promise((resolve, reject) => {
    const child = fork(process.argv[1] ?? "", ["turn"], { stdio: ["ignore", 2, 2, "ipc"] });
    child.on("error", reject);
    child.on("exit", (code, signal) => reject(new Error(`the turn's process ended early (${signal ?? `exit code ${code}`})`)));
    child.on("message", (message: FromTurn) => {
      if (message.kind === "failed") reject(new Error(message.message));
      if (message.kind === "end") resolve(message.end);
      if (message.kind !== "running") return;
      onRunning(message.name);
      child.send("inspected");
    });
    child.send(settings);
  });
}
