import { spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

/** One attempt at pairing. */
export interface Pairing {
  /** NanoClaw's root, absolute. */
  root: string;
  /** The command line of NanoClaw's own pairing program, which works below its working directory. */
  command: readonly [program: string, ...args: string[]];
  /** File below the root that exists once it is paired; everything in its directory belongs to the pairing. */
  pairedWhenExists: string;
}

/** Where an attempt works, below NanoClaw's root: on the same file system as the place that it goes to. */
export const attemptDirectory = "data/pairing";

/**
 * Runs NanoClaw's pairing program with our terminal, and moves what it made to its place when it has succeeded: in one
 * rename, for the program writes the file that starts the service long before the phone has agreed.
 * @returns its exit code, 0 only when the host is paired now; one that was killed counts as 1
 */
export async function runPairing({ root, command: [program, ...args], pairedWhenExists }: Pairing): Promise<number> {
  const attempt = join(root, attemptDirectory);
  rmSync(attempt, { recursive: true, force: true });
  mkdirSync(join(attempt, dirname(dirname(pairedWhenExists))), { recursive: true, mode: 0o700 });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      const child = spawn(program, args, { cwd: attempt, stdio: "inherit" });
      child.on("error", reject);
      child.on("close", (exitCode) => resolve(exitCode ?? 1));
    });
    if (code !== 0 || !existsSync(join(attempt, pairedWhenExists))) return code || 1;
    const place = join(root, dirname(pairedWhenExists));
    rmSync(place, { recursive: true, force: true });
    mkdirSync(dirname(place), { recursive: true });
    renameSync(join(attempt, dirname(pairedWhenExists)), place);
    return 0;
  } finally {
    rmSync(attempt, { recursive: true, force: true });
  }
}
