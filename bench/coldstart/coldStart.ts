import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { NanoclawContract } from "../../contract/nanoclaw.ts";
import { containerName, dockerArguments } from "../../host/agentRun/dockerArguments.ts";
import { prepareGroup, readSecrets, requestClose } from "../../host/agentRun/groupState.ts";
import { OutputParser } from "../../host/agentRun/outputParser.ts";
import { agentRunner, entrypointOf } from "./processes.ts";

/** Where the time of one start goes, in milliseconds, in the order in which it passes. */
export interface Split {
  /** From `docker run` until the container's entrypoint is a process: guard, podman, the container's runtime. */
  container: number;
  /** Until the agent-runner is a process: forwarders, and the compilation where there is one. */
  entrypoint: number;
  /** Until the agent-runner's own first line: Node, and the modules that it loads. */
  runner: number;
  /** Until the first byte of a reply: Claude Code's start and the model. Not ours. */
  reply: number;
}

/** One start. `entrypoint` = a program instead of the image's own. */
export interface ColdStart {
  contract: NanoclawContract;
  root: string;
  group: string;
  entrypoint: string | undefined;
  timeoutSeconds: number;
}

/**
 * Starts an agent in a fresh group as NanoClaw does, asks it for one word, and takes the times.
 * @throws Error when it gives no reply: a run that fails at once would look like a fast one
 */
export function coldStart({ contract, root, group, entrypoint, timeoutSeconds }: ColdStart): Promise<Split> {
  for (const kind of ["sessions", "ipc"]) rmSync(join(root, "data", kind, group), { recursive: true, force: true });
  prepareGroup(root, group);
  const run = { contract, root, group, startedAt: Date.now(), timezone: "UTC", uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, image: contract.image.name, exists: existsSync };
  const [first = "run", ...rest] = dockerArguments(run);
  const request = { prompt: "Reply with exactly one word and nothing else: bench", groupFolder: group, chatJid: `${group}@headless`, isMain: false, secrets: readSecrets(root, contract) };
  return new Promise((resolve, reject) => {
    const began = Date.now();
    const docker = spawn("docker", [first, ...(entrypoint === undefined ? [] : ["--entrypoint", entrypoint]), ...rest], { cwd: root, stdio: "pipe" });
    let split: Split | undefined;
    let running: { entered: number; started: number; spoke: number } | undefined;
    let errors = "";
    docker.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors = (errors + text).slice(-4000);
      if (running !== undefined || !errors.includes("[agent-runner]")) return;
      const spoke = Date.now();
      const found = agentRunner(["node", "/tmp/dist/index.js"]);
      if (found !== undefined) running = { entered: entrypointOf(found).at, started: found.at, spoke };
    });
    const parser = new OutputParser();
    docker.stdout.setEncoding("utf8").on("data", (text: string) => {
      const replied = parser.push(text).some((output) => !("broken" in output) && output.result !== null);
      if (!replied || split !== undefined || running === undefined) return;
      split = { container: running.entered - began, entrypoint: running.started - running.entered, runner: running.spoke - running.started, reply: Date.now() - running.spoke };
      requestClose(root, group);
    });
    const timer = setTimeout(() => spawn("docker", ["stop", containerName(run)], { stdio: "ignore" }), timeoutSeconds * 1000);
    docker.stdin.end(JSON.stringify(request));
    docker.on("error", reject);
    docker.on("close", (code) => {
      clearTimeout(timer);
      if (split !== undefined) resolve(split);
      else reject(new Error(`agent: wanted a reply within ${timeoutSeconds} s; got none, exit code ${String(code)}. Remedy: see its last lines: ${errors}`));
    });
  });
}
