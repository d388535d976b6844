import { describe, expect, it } from "vitest";
import { AgentInput, AgentOutput } from "./agentProtocol.ts";
import { knownVersions, nanoclawContract } from "./nanoclaw.ts";

describe("NanoClaw's versions", () => {
  it("1.1.6 is the default", () => {
    expect(knownVersions[0]).toBe("1.1.6");
  });
  it("an unknown version is refused with the known ones, also one that is a word of JavaScript", () => {
    for (const version of ["1.1.7", "", "constructor"]) {
      expect(() => nanoclawContract(version)).toThrow(/^nanoclaw\.version: wanted a known version \(1\.1\.6, 1\.1\.3\); got ".*"\. Remedy: /);
    }
  });
  it("1.1.3 lets main read .env, 1.1.6 shadows it", () => {
    const shadows = (version: string) => nanoclawContract(version).mounts.some((mount) => mount.target === "/workspace/project/.env");
    expect([shadows("1.1.3"), shadows("1.1.6")]).toEqual([false, true]);
  });
  it("1.1.6 passes two more secrets than 1.1.3", () => {
    expect(nanoclawContract("1.1.6").secrets).toHaveLength(4);
    expect(nanoclawContract("1.1.3").secrets).toEqual(["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY"]);
  });
});

describe("what goes in and out of the container", () => {
  it("a request with a key that 1.1.x does not know is refused", () => {
    const input = { prompt: "hi", groupFolder: "main", chatJid: "main@headless", isMain: true };
    expect(AgentInput.safeParse(input).success).toBe(true);
    expect(AgentInput.safeParse({ ...input, script: "id" }).success).toBe(false);
  });
  it("a result without text names a session; one without a status is no result", () => {
    expect(AgentOutput.safeParse({ status: "success", result: null, newSessionId: "s" }).success).toBe(true);
    expect(AgentOutput.safeParse({ result: "x" }).success).toBe(false);
  });
});
