import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

import { progress } from "./commands.ts";

/**
 * Runs `work` while holding a lock file; others wait and say so.
 * The kernel's lock is held by a `cat` that reads our pipe: however we die, its input ends and the lock is free.
 */
export async function withLock<T>(path: string, what: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  const holder = spawn("flock", ["--no-fork", path, "cat"], { stdio: ["pipe", "pipe", "inherit"], detached: true });
  const waiting = setTimeout(() => progress(`waiting for another run: ${what} (lock ${path})`), 500);
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once("data", () => resolve());
      holder.once("error", reject);
      holder.once("exit", (code) => reject(new Error(`flock on ${path} failed (${code})`)));
      holder.stdin.on("error", () => {});
      holder.stdin.write("held\n"); // cat gives it back once the lock is ours
    });
  } finally {
    clearTimeout(waiting);
  }
  try {
    return await work();
  } finally {
    holder.removeAllListeners("exit");
    holder.stdin.end();
    await new Promise((resolve) => (holder.exitCode === null ? holder.once("exit", resolve) : resolve(null)));
  }
}
