import { accessSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { POLICY_PATH } from "../../contract/policyPatterns.ts";
import type { GuardPolicy } from "../../contract/policy.ts";
import { audit, auditLine, type AuditEntry } from "./audit.ts";
import { checkSlice, reserve, sliceWorld } from "./count.ts";
import { hostDoors } from "./egress.ts";
import { become, capture, checkPodman, podmanEnvironment, runtimeDirectory } from "./exec.ts";
import { parse, type Call } from "./grammar.ts";
import { hostWorld, mountedNames } from "./mountWorld.ts";
import { readPolicy } from "./policyFile.ts";
import { planQuery } from "./queries.ts";
import { Refusal, RULES } from "./refusal.ts";
import { planRun, type RunPlan } from "./run.ts";
import { makeRoom, writeSnapshot } from "./snapshot.ts";
import { readStdin, replaceStdin } from "./stdin.ts";

/** What `docker` does, on the host. It either becomes podman, or ends this process with a status as docker's. */
async function main(argv: readonly string[]): Promise<void> {
  let socket = "/run/systemd/journal/stdout";
  let call: Call | undefined;
  try {
    const policy = readPolicy(POLICY_PATH, true);
    socket = policy.journalSocket;
    checkPodman(policy.podman);
    call = parse(argv);
    if (call.command === "run") return await run(call, policy);
    const plan = planQuery(call, policy, process.cwd(), hostWorld);
    await audit({ decision: "allowed", rule: "allow", call: call.command, reason: call.operands.join(" ") }, socket);
    if (plan.answer === undefined) return await become(policy.podman, plan.argv, podmanEnvironment());
    const { status, output } = capture(policy.podman, plan.argv, podmanEnvironment());
    if (status === 0) process.stdout.write(plan.answer(output));
    process.exitCode = status;
  } catch (error) {
    process.exitCode = await refuse(error, call?.command ?? argv[0] ?? "", socket);
  }
}

async function run(call: Call, policy: GuardPolicy): Promise<void> {
  const { uid } = userInfo();
  const directory = `${runtimeDirectory(uid)}/nanoclaw-guard`;
  if (policy.hardening.slice) checkSlice(policy, exists);
  let stdin: string | undefined;
  const context = { world: hostWorld, doors: hostDoors, directory, stdin: () => (stdin ??= readStdin(policy.stdinMaxBytes)), operator: process.env["NANOCLAW_GUARD_CALLER"] === "operator" };
  // Planned before a place is taken, so that a refusal takes none.
  const plan = planRun(call, policy, { ...context, cidFile: "/" });
  prepare(plan, directory);
  const reservation = policy.hardening.slice ? reserve(policy, `${directory}/slots`, sliceWorld(policy, uid)) : undefined;
  const cidFile = reservation?.cidFile ?? `${directory}/${process.pid}.cid`;
  try {
    rmSync(cidFile, { force: true }); // of an earlier process with this pid
    const argv = plan.argv.map((word) => (word === "--cidfile=/" ? `--cidfile=${cidFile}` : word));
    await audit(plan.entry, policy.journalSocket);
    if (plan.stdin !== undefined) replaceStdin(plan.stdin, runtimeDirectory(uid));
    for (const target of plan.entry.downgraded ?? []) process.stderr.write(`nanoclaw-guard: ${target} is read-only here (docs/SECURITY.md, mount-read-only)\n`);
    if (plan.copy === undefined) return await become(policy.podman, argv, podmanEnvironment(plan.environment));
    const { runOnCopy } = await import("./copyRun.ts");
    const { startTime } = sliceWorld(policy, uid);
    process.exitCode = await runOnCopy(plan, plan.copy, argv, policy, { startTime, ended: () => ended(policy, uid, contentOf(cidFile)?.trim()) });
    reservation?.release();
  } catch (error) {
    reservation?.release();
    throw error;
  }
}

/**
 * True when no process of the container is left. podman's client may have been killed while the container went on, and
 * an agent that still runs could put a link in the place of what is about to be read.
 */
function ended(policy: GuardPolicy, uid: number, id: string | undefined): boolean {
  if (id === undefined || id === "") return true; // none was made
  if (policy.hardening.slice && !sliceWorld(policy, uid).containers().includes(id)) return true;
  return capture(policy.podman, ["rm", "--force", "--ignore", "--time=0", id], podmanEnvironment()).status === 0;
}

/** Writes what a plan needs; a file that is there as it should be is left alone. */
function prepare(plan: RunPlan, directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (plan.snapshots.length > 0) makeRoom(`${directory}/snapshots`, plan.snapshots.map(({ entries }) => entries), Date.now(), mountedNames);
  for (const { path, entries } of plan.snapshots) writeSnapshot(path, entries);
  for (const { path, content } of plan.prepare) {
    if (content === null) mkdirSync(path, { recursive: true, mode: 0o555 });
    else if (content === "") {
      if (!exists(path)) writeFileSync(path, "", { flag: "a", mode: 0o600 });
    } else if (contentOf(path) !== content) {
      writeFileSync(`${path}.${process.pid}`, content, { mode: 0o444 });
      renameSync(`${path}.${process.pid}`, path);
    }
  }
}

/** Says and records a refusal; everything that is not a refusal is the guard's own failure, and refused as well. */
async function refuse(error: unknown, command: string, socket: string): Promise<number> {
  const refusal = error instanceof Refusal ? error : new Refusal("internal", "nanoclaw-guard", "no failure", error instanceof Error ? `${error.name}: ${error.message}` : "an error", "report it with the command line");
  process.stderr.write(`nanoclaw-guard: refused docker ${command}: ${refusal.message}. Why: ${RULES[refusal.rule]} [rule ${refusal.rule}; policy ${POLICY_PATH}]\n`);
  const entry: AuditEntry = { decision: "refused", rule: refusal.rule, call: command, reason: refusal.message };
  await audit(entry, socket).catch(() => process.stderr.write(`nanoclaw-guard: not in the journal: ${auditLine(entry)}\n`));
  return 125;
}

function exists(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

const [first, ...rest] = process.argv.slice(2);
if (first === "check") void import("./check.ts").then(async ({ check }) => void (process.exitCode = await check(rest)));
else void main(process.argv.slice(2));
