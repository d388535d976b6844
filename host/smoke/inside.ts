import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { AgentInput } from "../../contract/agentProtocol.ts";
import { containerName, dockerArguments } from "../agentRun/dockerArguments.ts";
import { installedContract } from "../agentRun/groupState.ts";
import { asService, stateRoot } from "../agentRun/serviceUser.ts";
import type { ProofContext } from "./experiment.ts";
import { smokeGroup } from "./groups.ts";

/**
 * Runs the probe (host/insideProbe) in a container that is an agent's in all but the program: the same `docker` line
 * and request, as the service user, through the guard.
 */

/** What may differ from an agent's run. */
export interface InsideOptions {
  /** The group's folder. Default: the smoke test's own. */
  readonly group?: string;
  /** More flags of `docker run`. */
  readonly flags?: readonly string[];
  /** Secrets in the request on stdin, besides what the guard decides. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** A program of the image that runs what follows it, instead of Node at once: the image's own entrypoint. */
  readonly through?: string;
  /** True: the container stays after its facts, until `end`. */
  readonly stay?: boolean;
}

/** A container in which the probe runs. */
export interface Inside<Facts> {
  /** The name that NanoClaw would give it. */
  readonly name: string;
  /** The facts of the look, once they are there. Rejects when the container ends or the time is up before. */
  readonly facts: Promise<Facts>;
  /** False once `docker` has ended. */
  readonly running: () => boolean;
  /** Ends the container, if it still runs, and waits for that. */
  readonly end: () => Promise<void>;
}

const countRefused = /\[rule count;/;
const countPatienceMilliseconds = 60_000;
let lastStart = 0;

/** Starts the probe; resolves when it runs. While all places are taken, it waits a minute for one. @throws Error otherwise */
export async function startInside<Facts>(context: ProofContext, look: string, argument: unknown, options: InsideOptions = {}): Promise<Inside<Facts>> {
  const until = Date.now() + countPatienceMilliseconds;
  for (;;) {
    try {
      return await startOnce<Facts>(context, look, argument, options);
    } catch (error) {
      if (!(error instanceof Error && countRefused.test(error.message)) || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

/** Runs one look to its end and gives its facts. @throws Error when the container cannot run or says nothing */
export async function inside<Facts>(context: ProofContext, look: string, argument: unknown, options: InsideOptions = {}): Promise<Facts> {
  const container = await startInside<Facts>(context, look, argument, options);
  try {
    return await container.facts;
  } finally {
    await container.end();
  }
}

/** The `docker` line of an agent of this group, with flags of one's own before the image and another program after it. */
export function agentCommand(context: ProofContext, group: string, flags: readonly string[], program: readonly string[]): { name: string; args: string[] } {
  const { user } = context;
  const contract = installedContract(stateRoot);
  lastStart = Math.max(Date.now(), lastStart + 1);
  const run = {
    contract,
    root: stateRoot,
    group,
    startedAt: lastStart,
    timezone: user.environment["TZ"] ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    uid: user.uid,
    gid: user.gid,
    image: user.environment["CONTAINER_IMAGE"] ?? contract.image.name,
    exists: existsSync,
  };
  const args = dockerArguments(run);
  return { name: containerName(run), args: [...args.slice(0, -1), ...flags, ...args.slice(-1), ...program] };
}

async function startOnce<Facts>(context: ProofContext, look: string, argument: unknown, options: InsideOptions): Promise<Inside<Facts>> {
  const { settings, user } = context;
  const group = options.group ?? smokeGroup;
  const code = readFileSync(join(dirname(process.argv[1] ?? ""), "insideProbe.cjs"), "utf8");
  const node = ["-e", code, look, JSON.stringify(argument), ...(options.stay === true ? ["stay"] : [])];
  const { name, args } = agentCommand(
    context,
    group,
    [...(options.flags ?? []), "--entrypoint", options.through ?? "node"],
    options.through === undefined ? node : ["node", ...node],
  );
  const docker = spawn("docker", args, { uid: user.uid, gid: user.gid, env: user.environment, cwd: stateRoot, stdio: ["pipe", "pipe", "pipe"] });
  let complaint = "";
  docker.stderr.on("data", (chunk: Buffer) => void (complaint = (complaint + chunk.toString()).slice(-2000)));
  docker.stdin.on("error", () => undefined);
  const request: AgentInput = { prompt: "", groupFolder: group, chatJid: `${group}@headless`, isMain: group === installedContract(stateRoot).mainFolder, secrets: { ...options.secrets } };
  docker.stdin.end(JSON.stringify(AgentInput.parse(request)));

  let running = true;
  const ended = new Promise<void>((resolve) => {
    docker.on("error", (error) => ((complaint = error.message), (running = false), resolve()));
    docker.on("close", () => ((running = false), resolve()));
  });
  const end = async (): Promise<void> => {
    if (!running) return;
    try {
      asService(user, "docker", ["kill", name]);
    } catch {
      // It has ended meanwhile; if not, what follows waits for the probe's own end.
    }
    await ended;
  };
  const timer = setTimeout(() => void end(), settings.replyTimeoutSeconds * 1000);
  void ended.then(() => clearTimeout(timer));

  const lines = createInterface({ input: docker.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) break;
      // What the image's own entrypoint may say is no concern of ours.
      if (value.startsWith("{")) return JSON.parse(value) as unknown;
    }
    await ended;
    throw new Error(`the container said nothing: ${complaint.trim().split("\n").at(-1) ?? ""}`);
  };
  await next();
  const facts = next() as Promise<Facts>;
  facts.catch(() => undefined);
  return { name, facts, running: () => running, end };
}
