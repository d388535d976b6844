import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HostFacts } from "../contract/facts.ts";
import type { PlainConnection } from "./machine/index.ts";
import { scriptAsRoot, sshCommand } from "./sshCommand.ts";

/** What asking a host gave: its facts, or why there are none, in words for people. */
export type ProbeResult = { readonly facts: HostFacts } | { readonly unreachable: string };

/**
 * Asks a host for its facts in one SSH round trip, changing nothing there.
 *
 * @param root directory of the checkout
 * @param sudoPassword for a login user that may not use sudo without one; sent on stdin
 * @param timeoutSeconds the whole answer must be here by then, default 60
 */
export function probeHost(
  connection: PlainConnection,
  { root, sudoPassword, timeoutSeconds = 60 }: { root: string; sudoPassword?: string | undefined; timeoutSeconds?: number },
): Promise<ProbeResult> {
  const script = readFileSync(join(root, "host", "probe", "probe.sh"), "utf8");
  const { args, cleanUp } = sshCommand(connection);
  return new Promise<ProbeResult>((resolve) => {
    const child = spawn("ssh", [...args, scriptAsRoot(connection.user, sudoPassword)], { timeout: timeoutSeconds * 1000 });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on("error", () => undefined); // ssh that ended early says why on stderr
    child.stdin.end(sudoPassword === undefined ? script : `${sudoPassword}\n${script}`);
    child.on("error", (error) => resolve({ unreachable: `ssh could not be started: ${error.message}` }));
    child.on("close", (code, signal) => resolve(answer(stdout, stderr, signal === null ? `exit code ${code}` : `no answer within ${timeoutSeconds} s`)));
  }).finally(cleanUp);
}

function answer(stdout: string, stderr: string, ending: string): ProbeResult {
  if (stdout.trim() === "") return { unreachable: `${stderr.trim().split("\n").at(-1) || "ssh said nothing"} (${ending})` };
  try {
    return { facts: HostFacts.parse(JSON.parse(stdout)) };
  } catch (error) {
    return { unreachable: `it answered something that is not facts: ${String(error).slice(0, 300)}` };
  }
}
