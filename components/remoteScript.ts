import { spawn } from "node:child_process";
import type { PlainConnection } from "./machine/index.ts";
import { scriptAsRoot, sshCommand } from "./sshCommand.ts";

/** What a script printed on a host, or why nothing came, in OpenSSH's own words. */
export type ScriptAnswer = { readonly output: string } | { readonly unreachable: string };

/** How a script is run. */
export interface ScriptOptions {
  /** For a login user that may not use sudo without one; sent on stdin. */
  sudoPassword?: string | undefined;
  /** The whole answer must be here by then; default 60. */
  timeoutSeconds?: number;
}

/** Runs a POSIX shell script on a host as root, in one SSH round trip: it goes there on stdin, nothing is copied. */
export function runScript(connection: PlainConnection, script: string, { sudoPassword, timeoutSeconds = 60 }: ScriptOptions = {}): Promise<ScriptAnswer> {
  const { args, cleanUp } = sshCommand(connection);
  return new Promise<ScriptAnswer>((resolve) => {
    const child = spawn("ssh", [...args, scriptAsRoot(connection.user, sudoPassword)], { timeout: timeoutSeconds * 1000 });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    child.stdin.on("error", () => undefined); // ssh that ended early says why on stderr
    child.stdin.end(sudoPassword === undefined ? script : `${sudoPassword}\n${script}`);
    child.on("error", (error) => resolve({ unreachable: `ssh could not be started: ${error.message}` }));
    child.on("close", (code, signal) => {
      if (stdout.trim() !== "") return resolve({ output: stdout });
      const ending = signal === null ? `exit code ${code}` : `no answer within ${timeoutSeconds} s`;
      resolve({ unreachable: `${stderr.trim().split("\n").at(-1) || "ssh said nothing"} (${ending})` });
    });
  }).finally(cleanUp);
}
