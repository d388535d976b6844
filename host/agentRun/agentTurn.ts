import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { AgentInput, type AgentOutput } from "../../contract/agentProtocol.ts";
import type { NanoclawContract } from "../../contract/nanoclaw.ts";
import { containerName, dockerArguments } from "./dockerArguments.ts";
import { prepareGroup, readSecrets, requestClose } from "./groupState.ts";
import { OutputParser } from "./outputParser.ts";

/** One prompt for one group's agent. */
export interface AgentTurn {
  contract: NanoclawContract;
  /** NanoClaw's root, absolute. */
  root: string;
  /** The group's folder name. */
  group: string;
  prompt: string;
  /** The conversation to go on with; absent = a new one. */
  sessionId?: string;
  /** The container's image; default: the one the contract names. */
  image?: string;
  /** Seconds after which the container is stopped. */
  timeoutSeconds: number;
  /** Gets each result as it comes. */
  onOutput?: (output: AgentOutput) => void;
  /** Gets each line that `docker` and the agent write to stderr, as it comes. */
  onLine?: (line: string) => void;
  /** Runs after the first result, while the container is alive: it is asked to end only when this has resolved. */
  whileRunning?: (name: string) => Promise<void>;
  /** Aborting stops the container. */
  signal?: AbortSignal;
}

/** How a turn ended. */
export interface AgentTurnEnd {
  name: string;
  outputs: AgentOutput[];
  /** Exit code of `docker`; null when it was killed by a signal. */
  exitCode: number | null;
  /** Why it did not end by itself; null when it did. */
  stopped: "timeout" | "aborted" | null;
  /** The last lines that `docker` and the agent wrote to stderr, and what was no result between two markers. */
  lastLines: string[];
  /** The conversation that the next turn goes on with. */
  sessionId: string | undefined;
}

/** NanoClaw's own patience with `docker stop`, in milliseconds. */
const stopPatienceMs = 15_000;
const keptLines = 30;

/**
 * Runs one turn as NanoClaw does: the same `docker` line, the request with its secrets on stdin, results by markers, and
 * `_close` once there is one. `docker` is the first on PATH, for the service that is the guard.
 */
export function runAgentTurn(turn: AgentTurn): Promise<AgentTurnEnd> {
  const { contract, root, group } = turn;
  prepareGroup(root, group);
  const run = {
    contract,
    root,
    group,
    startedAt: Date.now(),
    timezone: process.env["TZ"] ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    image: turn.image ?? process.env["CONTAINER_IMAGE"] ?? contract.image.name,
    exists: existsSync,
  };
  const input: AgentInput = {
    prompt: turn.prompt,
    ...(turn.sessionId === undefined ? {} : { sessionId: turn.sessionId }),
    groupFolder: group,
    chatJid: `${group}@headless`,
    isMain: group === contract.mainFolder,
    assistantName: process.env["ASSISTANT_NAME"] ?? "Andy",
    secrets: readSecrets(root, contract),
  };
  return follow(turn, containerName(run), dockerArguments(run), JSON.stringify(AgentInput.parse(input)));
}

function follow(turn: AgentTurn, name: string, args: string[], request: string): Promise<AgentTurnEnd> {
  const end: AgentTurnEnd = { name, outputs: [], exitCode: null, stopped: null, lastLines: [], sessionId: turn.sessionId };
  const keep = (line: string): void => {
    if (line.trim() !== "") {
      end.lastLines.push(line);
      turn.onLine?.(line);
    }
    if (end.lastLines.length > keptLines) end.lastLines.shift();
  };
  return new Promise((resolve) => {
    const docker = spawn("docker", args, { stdio: ["pipe", "pipe", "pipe"], cwd: turn.root });
    const stop = (why: "timeout" | "aborted"): void => {
      if (end.stopped !== null) return;
      end.stopped = why;
      // A client that hangs, or a `docker stop` that does, must not keep the caller: NanoClaw kills the client then.
      const kill = setTimeout(() => docker.kill("SIGKILL"), stopPatienceMs);
      docker.once("close", () => clearTimeout(kill));
      spawn("docker", ["stop", name], { stdio: "ignore" }).on("error", (error) => keep(String(error)));
    };
    const timer = setTimeout(() => stop("timeout"), turn.timeoutSeconds * 1000);
    const onAbort = (): void => stop("aborted");
    turn.signal?.addEventListener("abort", onAbort);
    let answered = false;
    const parser = new OutputParser();
    docker.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      for (const output of parser.push(chunk)) {
        if ("broken" in output) {
          keep(`not a result: ${output.broken}`);
          continue;
        }
        end.outputs.push(output);
        end.sessionId = output.newSessionId ?? end.sessionId;
        turn.onOutput?.(output);
        if (answered) continue;
        answered = true;
        Promise.resolve(turn.whileRunning?.(name))
          .catch((error: unknown) => keep(String(error)))
          .finally(() => requestClose(turn.root, turn.group));
      }
    });
    let partial = "";
    docker.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (partial + chunk).split("\n");
      partial = lines.pop() ?? "";
      lines.forEach(keep);
    });
    // The agent may end before it has read everything; its exit code tells more than EPIPE.
    docker.stdin.on("error", () => {});
    docker.stdin.end(request);
    const finish = (): void => {
      clearTimeout(timer);
      turn.signal?.removeEventListener("abort", onAbort);
      keep(partial);
      resolve(end);
    };
    docker.on("error", (error) => {
      keep(`docker: ${error.message}`);
      finish();
    });
    docker.on("close", (code) => {
      end.exitCode = code;
      finish();
    });
  });
}
