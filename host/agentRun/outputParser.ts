import { AgentOutput, OUTPUT_END, OUTPUT_START } from "../../contract/agentProtocol.ts";

/** Text between two markers that is no result: kept for the report, since it tells what went wrong. */
export interface BrokenOutput {
  broken: string;
}

/** At most this much is kept while an end marker is missing, as NanoClaw bounds its own buffer. */
const bufferLimit = 10 * 1024 * 1024;

function parse(text: string): AgentOutput | BrokenOutput {
  try {
    const output = AgentOutput.safeParse(JSON.parse(text));
    return output.success ? output.data : { broken: text.trim().slice(0, 200) };
  } catch {
    return { broken: text.trim().slice(0, 200) };
  }
}

/**
 * Finds the agent's results in its stdout, as NanoClaw does: markers may be cut anywhere between two chunks, and
 * everything outside of a pair of markers is noise.
 */
export class OutputParser {
  #buffer = "";

  /** Takes a chunk and returns the results that it completes. */
  push(chunk: string): (AgentOutput | BrokenOutput)[] {
    this.#buffer += chunk;
    const found: (AgentOutput | BrokenOutput)[] = [];
    for (;;) {
      const start = this.#buffer.indexOf(OUTPUT_START);
      if (start === -1) {
        // Noise goes, but for what may be the beginning of a marker.
        this.#buffer = this.#buffer.slice(-(OUTPUT_START.length - 1));
        return found;
      }
      const end = this.#buffer.indexOf(OUTPUT_END, start);
      if (end === -1) {
        this.#buffer = this.#buffer.slice(start, start + bufferLimit);
        return found;
      }
      found.push(parse(this.#buffer.slice(start + OUTPUT_START.length, end)));
      this.#buffer = this.#buffer.slice(end + OUTPUT_END.length);
    }
  }
}
