import { spawn } from "node:child_process";
import type { PlainConnection } from "./machine/index.ts";
import { scriptAsRoot, sshCommand } from "./sshCommand.ts";

/** What a script printed on a host, or why nothing came, in OpenSSH's own words. */
export type ScriptAnswer = { readonly output: string } | { readonly unreachable: string };

/** How a script is run. */
export interface ScriptOptions {
  /** For a login user that may not use sudo without one; sent on stdin. root needs none. */
  sudoPassword?: string | undefined;
  /** The whole answer must be here by then; default 60. */
  timeoutSeconds?: number;
}

/** Runs a POSIX shell script on a host as root, in one SSH round trip: it goes there on stdin, nothing is copied. */
export function runScript(connection: PlainConnection, script: string, { sudoPassword, timeoutSeconds = 60 }: ScriptOptions = {}): Promise<ScriptAnswer> {
  const { args, cleanUp } = sshCommand(connection);
  const { text, firstLine } = scriptAsRoot(connection.user, sudoPassword);
  return new Promise<ScriptAnswer>((resolve) => {
    const child = spawn("ssh", [...args, text], { timeout: timeoutSeconds * 1000 });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    child.stdin.on("error", () => undefined); // ssh that ended early says why on stderr
    child.stdin.end(firstLine === undefined ? script : `${firstLine}\n${script}`);
    child.on("error", (error) => resolve({ unreachable: `ssh could not be started: ${error.message}` }));
    child.on("close", (code, signal) => {
      if (stdout.trim() !== "") return resolve({ output: stdout });
      const ending = signal === null ? `exit code ${code}` : `no answer within ${timeoutSeconds} s`;
      // Of an error in our own form only what is wrong: who asked says which field, and what to do.
      const said = stderr.trim().split("\n").at(-1)?.replace(/^error: .+; got (.+)\. Remedy: .+$/, "$1");
      resolve({ unreachable: `${said || "ssh said nothing"} (${ending})` });
    });
  }).finally(cleanUp);
}
