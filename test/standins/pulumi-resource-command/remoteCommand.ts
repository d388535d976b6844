// Part of the stand-in for the `command` plugin: a command on another machine, over SSH.
import type { ClientChannel } from "ssh2";

import { dial } from "./connection.ts";
import type { Connection } from "./connection.ts";
import { Output } from "./output.ts";
import type { CommandInputs, Run } from "./steps.ts";
import type { Properties } from "./values.ts";

/** Runs a command and returns what it printed. */
export async function runRemote(properties: Properties, run: Run): Promise<Properties> {
  const inputs = properties as unknown as CommandInputs & { connection: Connection };
  const { signal } = run.context;
  const { client, close } = await dial(inputs.connection, run.context);
  try {
    const channel = await new Promise<ClientChannel>((resolve, reject) => {
      const env = { ...inputs.environment, ...run.previous };
      client.exec(run.command, { env }, (error, opened) => (error ? reject(error) : resolve(opened)));
      client.once("close", () => reject(new Error("the connection was closed")));
    });
    return await finished(channel, inputs, run, signal);
  } finally {
    close();
  }
}

function finished(channel: ClientChannel, inputs: CommandInputs, run: Run, signal: AbortSignal): Promise<Properties> {
  const output = new Output(inputs, run.context);
  return new Promise((resolve, reject) => {
    let ended: string | undefined = "remote command exited without exit status or exit signal";
    const cancel = () => {
      channel.signal("TERM");
      channel.close();
      reject(output.failure("cancelled", run.command));
    };
    if (signal.aborted) return cancel();
    signal.addEventListener("abort", cancel, { once: true });
    channel.on("data", (piece: Buffer) => output.add("stdout", piece));
    channel.stderr.on("data", (piece: Buffer) => output.add("stderr", piece));
    channel.on("error", (error: Error) => (ended = error.message));
    channel.on("exit", (code: number | null, name?: string) => {
      ended = code === 0 ? undefined : code === null ? `Process exited with signal ${name}` : `Process exited with status ${code}`;
    });
    channel.on("close", () => {
      signal.removeEventListener("abort", cancel);
      if (ended === undefined) resolve(output.result());
      else reject(output.failure(ended, run.command));
    });
    channel.end(inputs.stdin ?? "");
  });
}
