import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dockerCalls, type DockerCall } from "../../contract/dockerCalls.ts";

/** Runs a command on a host as root, with a text on its stdin, and gives its stdout. */
export type OnHost = (command: string, input?: string) => string;

/** A call of contract/dockerCalls.ts, and what a host said to it. */
export interface Answered {
  readonly call: DockerCall;
  readonly code: number;
  readonly output: string;
  /** The container that `NAME` stood for. */
  readonly name: string;
}

const script = join(import.meta.dirname, "docker-calls.sh");

/** Runs on a host, as NanoClaw would, every docker call that docs/ARCHITECTURE.md says was run on one. */
export function runDockerCalls(onHost: OnHost): Answered[] {
  onHost("cat >/run/docker-calls.sh && chmod 644 /run/docker-calls.sh", readFileSync(script, "utf8"));
  const calls = dockerCalls.filter(({ onHost: wanted }) => wanted !== null);
  const service = "runuser -u nanoclaw -- env -i HOME=/home/nanoclaw XDG_RUNTIME_DIR=/run/user/$(id -u nanoclaw) PATH=/opt/nanoclaw/bin:/usr/local/bin:/usr/bin:/bin";
  const said = onHost(`${service} bash /run/docker-calls.sh`, calls.map(({ argv }) => `${JSON.stringify(argv)}\n`).join(""));
  const answers = said.trim().split("\n").map((line) => JSON.parse(line) as Pick<Answered, "code" | "output" | "name">);
  return answers.map((answer, index) => ({ call: calls[index]!, ...answer }));
}

/** What differs from what the table says, a line each. */
export function unexpected(answers: readonly Answered[]): string[] {
  return answers.flatMap(({ call, code, output, name }) => {
    const wanted = call.onHost!;
    const text = wanted.output === "NAME" ? name : wanted.output;
    return code === wanted.exitCode && output.includes(text) ? [] : [`docker ${call.argv.join(" ")}: wanted ${wanted.exitCode} and ${JSON.stringify(text)}; got ${code} and ${output.slice(0, 400)}`];
  });
}
