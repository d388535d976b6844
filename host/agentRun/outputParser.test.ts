import { describe, expect, it } from "vitest";
import { OUTPUT_END, OUTPUT_START } from "../../contract/agentProtocol.ts";
import { OutputParser } from "./outputParser.ts";

const wrap = (value: unknown) => `${OUTPUT_START}\n${JSON.stringify(value)}\n${OUTPUT_END}\n`;
const first = { status: "success", result: "héllo ---NANOCLAW", newSessionId: "s1" };
const second = { status: "success", result: null, newSessionId: "s1" };

describe("results in the agent's stdout", () => {
  it("are found however the chunks are cut", () => {
    const text = `noise ---NANO\n${wrap(first)}more noise\n${wrap(second)}`;
    for (let size = 1; size < text.length; size += 1) {
      const parser = new OutputParser();
      const found = [];
      for (let at = 0; at < text.length; at += size) found.push(...parser.push(text.slice(at, at + size)));
      expect(found, `chunks of ${size}`).toEqual([first, second]);
    }
  });
  it("may come several in one chunk", () => {
    expect(new OutputParser().push(wrap(first) + wrap(second))).toEqual([first, second]);
  });
  it("that are not JSON, or lack a status, are reported and do not hide the next one", () => {
    const text = `${OUTPUT_START}\nnot json\n${OUTPUT_END}\n${wrap({ result: "x" })}${wrap(first)}`;
    expect(new OutputParser().push(text)).toEqual([{ broken: "not json" }, { broken: '{"result":"x"}' }, first]);
  });
  it("without an end marker wait for it", () => {
    const parser = new OutputParser();
    expect(parser.push(`${OUTPUT_START}\n${JSON.stringify(first)}\n`)).toEqual([]);
    expect(parser.push(OUTPUT_END)).toEqual([first]);
  });
});
