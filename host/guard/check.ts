import { fstatSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import { guardPolicy, PROFILES, type ProfileName } from "../../contract/profiles.ts";
import { POLICY_PATH } from "../../contract/policyPatterns.ts";
import type { GuardPolicy } from "../../contract/policy.ts";
import { runtimeDirectory } from "./exec.ts";
import { parse } from "./grammar.ts";
import { lenientWorld } from "./mountWorld.ts";
import { readPolicy } from "./policyFile.ts";
import { planQuery } from "./queries.ts";
import { Refusal, RULES } from "./refusal.ts";
import { planRun } from "./run.ts";

/** What `check` prints: the decision about a docker command line, and what podman would get. */
export interface Decision {
  readonly allowed: boolean;
  /** `allow`, or the id of the rule that refuses (docs/SECURITY.md lists them). */
  readonly rule: string;
  readonly reason: string;
  /** podman's argv, or null when it is refused. Secrets given by `-e` are not in it: podman takes them from its environment. */
  readonly argv: readonly string[] | null;
  /** What the container would read, secrets filtered; null when it reads nothing. */
  readonly stdin: string | null;
}

/** Decides about a command line and runs nothing. What does not exist on this machine is taken to exist on the host. */
export function decide(policy: GuardPolicy, argv: readonly string[], stdin: () => string, uid: number): Decision {
  try {
    const call = parse(argv);
    if (call.command !== "run") {
      const { argv: podman } = planQuery(call, policy, process.cwd(), lenientWorld);
      return { allowed: true, rule: "allow", reason: "only this install's containers and images are concerned", argv: [policy.podman, ...podman], stdin: null };
    }
    const directory = `${runtimeDirectory(uid)}/nanoclaw-guard`;
    const plan = planRun(call, policy, { world: lenientWorld, directory, stdin, cidFile: `${directory}/slots/PID.cid` });
    const notes = [plan.entry.reason, `network ${plan.entry.network}`, `secrets: ${plan.entry.secrets?.join(", ") || "none"}, dropped: ${plan.entry.secretsDropped}`];
    for (const target of plan.entry.downgraded ?? []) notes.push(`${target} is read-only, although writing was asked for`);
    if (plan.copy !== undefined) notes.push(`${plan.copy} is replaced by a copy`);
    return { allowed: true, rule: "allow", reason: notes.join("; "), argv: [policy.podman, ...plan.argv], stdin: plan.stdin ?? null };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { allowed: false, rule: error.rule, reason: `${error.message}. Why: ${RULES[error.rule]}`, argv: null, stdin: null };
  }
}

const USAGE = `usage: nanoclaw-guard check [--policy FILE | --profile ${Object.keys(PROFILES).join("|")} [--role NAME] [--root DIR]] -- DOCKER-ARGUMENTS…
Prints one JSON object {allowed, rule, reason, argv, stdin} and runs nothing. Exit status: 0 decided, 2 not understood.`;

/** The `check` command: prints a Decision; returns the exit status. */
export async function check(args: readonly string[]): Promise<number> {
  const end = args.indexOf("--");
  try {
    const { values } = parseArgs({
      args: end < 0 ? [...args] : args.slice(0, end),
      options: { policy: { type: "string" }, profile: { type: "string" }, role: { type: "string" }, root: { type: "string" }, help: { type: "boolean" } },
    });
    if (values.help === true || end < 0) throw new Error("check: wanted docker's arguments after --; got none. Remedy: such as check -- info");
    const policy = withRole(policyOf(values), values.role);
    const input = await readGivenStdin();
    process.stdout.write(`${JSON.stringify(decide(policy, args.slice(end + 1), () => input, userInfo().uid), null, 2)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    return 2;
  }
}

function policyOf(values: { policy?: string | undefined; profile?: string | undefined; root?: string | undefined }): GuardPolicy {
  if (values.profile === undefined) {
    const policy = readPolicy(values.policy ?? POLICY_PATH, false);
    return values.root === undefined ? policy : { ...policy, root: values.root };
  }
  if (!Object.hasOwn(PROFILES, values.profile)) throw new Error(`--profile: wanted ${Object.keys(PROFILES).join(", ")}; got ${values.profile}. Remedy: choose one of them`);
  const root = (values.root ?? "/var/lib/nanoclaw").replace(/(?<=.)\/+$/, "");
  return guardPolicy({
    profile: values.profile as ProfileName,
    containers: 1,
    limits: { memoryBytes: 4 * 2 ** 30, cpus: 2, pids: 256 },
    root,
    releases: root === "/var/lib/nanoclaw" ? "/opt/nanoclaw/releases" : null,
    image: "nanoclaw-agent:latest",
  });
}

/** With `--role`, every group has it. */
function withRole(policy: GuardPolicy, name: string | undefined): GuardPolicy {
  if (name === undefined) return policy;
  const role = policy.roles.find((one) => one.name === name);
  if (role === undefined) throw new Error(`--role: wanted ${policy.roles.map((one) => one.name).join(", ")}; got ${name}. Remedy: choose one of them`);
  return { ...policy, roles: [{ ...role, folders: ["*"] }] };
}

/** What was piped in. A pipe that nobody writes to or closes (a job runner's) is taken to be nothing after a second. */
async function readGivenStdin(): Promise<string> {
  const stat = fstatSync(0);
  if (stat.isFile()) return readFileSync(0, "utf8");
  if (!stat.isFIFO() && !stat.isSocket()) return "";
  const chunks: Buffer[] = [];
  return await new Promise((resolve, reject) => {
    const nobody = setTimeout(() => {
      process.stdin.destroy();
      resolve("");
    }, 1000);
    process.stdin.on("data", (chunk: Buffer) => {
      clearTimeout(nobody);
      chunks.push(chunk);
    });
    process.stdin.on("end", () => {
      clearTimeout(nobody);
      resolve(Buffer.concat(chunks).toString("utf8"));
    });
    process.stdin.on("error", reject);
  });
}
