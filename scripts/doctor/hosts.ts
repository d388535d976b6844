import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runScript } from "../../components/remoteScript.ts";
import type { Check } from "../../contract/doctor.ts";
import { explainDown, knownDown } from "../onHost/down.ts";
import { root, type Stack, type StackHost } from "../onHost/stack.ts";
import { bytes } from "../status/quantities.ts";
import { check, type Found } from "./check.ts";

/** A host's clock may differ by this many seconds before TLS and schedules suffer. */
const clockSeconds = 60;
const freeBytes = 2 ** 30;

/** Whether each host answers, gives us root, has the right time and space left; all hosts at once. */
export async function hostChecks(stack: Stack): Promise<Check[]> {
  const script = readFileSync(join(root, "host", "doctor", "reach.sh"), "utf8");
  return Promise.all(stack.hosts.map((host) => hostCheck(stack, host, script)));
}

async function hostCheck(stack: Stack, host: StackHost, script: string): Promise<Check> {
  const name = `host ${host.name}`;
  const wanted = "root over SSH, the right time, 1 GiB free";
  const known = knownDown(stack, host);
  if (known !== undefined) return check(name, wanted, { ok: false, got: known.why }, known.remedy);
  const started = performance.now();
  const answer = await runScript(host.login, script, { sudoPassword: host.login.sudoPassword, timeoutSeconds: 30 });
  if ("unreachable" in answer) {
    const { why, remedy } = await explainDown(stack, host, answer.unreachable);
    return check(name, wanted, { ok: false, got: why }, remedy);
  }
  const { found, remedy } = judgeReach(answer.output, Date.now() / 1000);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  return check(name, wanted, { ...found, got: `${found.got}, answered in ${seconds} s` }, remedy);
}

/** What `reach.sh` printed, judged against our own clock in seconds since 1970. Pure. */
export function judgeReach(output: string, now: number): { found: Found; remedy: string } {
  const values = Object.fromEntries(output.split("\n").map((line) => line.split(" ") as [string, string]));
  const { user, time, free, size } = values;
  if (user !== "0") {
    return { found: { ok: false, got: user === undefined ? "an answer that is not ours" : "no right to use sudo" }, remedy: "let the login user use sudo without a password, or set the secret sudoPasswords.<host>" };
  }
  const skew = Math.round(Number(time) - now);
  if (Math.abs(skew) > clockSeconds) return { found: { ok: false, got: `a clock that differs by ${skew} s` }, remedy: "set the time on the host: `timedatectl set-ntp true`" };
  const got = `root, ${bytes(Number(free) * 1024)} of ${bytes(Number(size) * 1024)} free`;
  return { found: { ok: Number(free) * 1024 >= freeBytes, got }, remedy: "free space on the host" };
}
