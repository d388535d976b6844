import { connect } from "node:net";
import { basename, dirname } from "node:path";

/** QEMU's run state as its monitor names it, such as "running", "paused" or "io-error" (a disk of the operator is full). */
export type RunState = string;

/** Sends one command to QEMU's monitor (QMP) and returns its answer; throws when QEMU does not answer within 5 s. */
export function monitor(socketPath: string, command: string, args?: Record<string, unknown>): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    // A socket's path may have 107 bytes and a checkout's can be longer: go there instead.
    const before = process.cwd();
    process.chdir(dirname(socketPath));
    const socket = connect(basename(socketPath));
    process.chdir(before);
    let text = "";
    let greeted = false;
    socket.setTimeout(5000, () => socket.destroy(new Error("QEMU's monitor does not answer")));
    socket.on("error", reject);
    socket.on("close", () => (command === "quit" ? resolve({}) : reject(new Error("QEMU ended"))));
    socket.on("data", (chunk) => {
      text += chunk.toString();
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines.filter((each) => each.trim() !== "")) {
        const message = JSON.parse(line) as { QMP?: unknown; return?: Record<string, unknown> | string; error?: { desc: string } };
        if (message.QMP) socket.write('{"execute":"qmp_capabilities"}\n');
        else if (message.error) reject(new Error(message.error.desc));
        else if (message.return !== undefined && !greeted) {
          greeted = true;
          socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
        } else if (message.return !== undefined) {
          resolve(typeof message.return === "string" ? { text: message.return } : message.return);
          socket.destroy();
        }
      }
    });
  });
}

/** Whether a VM stands still until QEMU is told to go on. */
export function isPaused(state: RunState | null): boolean {
  return state === "io-error" || state === "paused";
}

/** QEMU's run state, or null when it does not answer. */
export async function runState(socketPath: string): Promise<RunState | null> {
  try {
    return String((await monitor(socketPath, "query-status"))["status"]);
  } catch {
    return null;
  }
}
