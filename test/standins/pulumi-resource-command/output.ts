// Part of the stand-in for the `command` plugin: collects what a command prints, and shows it line by line.
import { StringDecoder } from "node:string_decoder";

import type { CommandInputs, Context } from "./steps.ts";

/** The two streams of one run. */
export class Output {
  readonly #text = { stdout: "", stderr: "" };
  readonly #decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
  #all = "";
  #rest = "";
  readonly #shown: readonly string[];
  readonly #context: Context;

  constructor(inputs: CommandInputs, context: Context) {
    const logging = inputs.logging ?? "stdoutAndStderr";
    this.#shown = logging === "stdoutAndStderr" ? ["stdout", "stderr"] : [logging];
    this.#context = context;
  }

  /** Takes a piece of a stream. */
  add(stream: "stdout" | "stderr", piece: Buffer): void {
    const text = this.#decoders[stream].write(piece);
    this.#text[stream] += text;
    this.#all += text;
    if (!this.#shown.includes(stream)) return;
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) this.#context.log.status(this.#context.urn, line);
  }

  /** What is kept when the command succeeded: each stream without its last newline. */
  result(): { stdout: string; stderr: string } {
    this.#showRest();
    return { stdout: this.#text.stdout.replace(/\n$/, ""), stderr: this.#text.stderr.replace(/\n$/, "") };
  }

  /** The error of a failed command: why, which command, and all that it printed. */
  failure(why: string, command: string): Error {
    this.#showRest();
    return new Error(`${why}: running ${JSON.stringify(command)}:\n${this.#all}`);
  }

  #showRest(): void {
    if (this.#rest) this.#context.log.status(this.#context.urn, this.#rest);
    this.#rest = "";
  }
}
