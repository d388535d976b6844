import { execFile } from "node:child_process";
import { root } from "../onHost/stack.ts";

/** What a program said. */
export interface Said {
  ok: boolean;
  /** Its stdout when it succeeded, else the last line of its stderr. */
  text: string;
}

/** Runs a program in the checkout, at most 30 seconds. Never rejects. */
export function run(program: string, args: readonly string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(program, [...args], { cwd: root, timeout: 30_000 }, (error, stdout, stderr) => {
      if (error === null) resolve({ ok: true, text: stdout.trim() });
      else resolve({ ok: false, text: stderr.trim().split("\n").at(-1) || error.message });
    });
  });
}
