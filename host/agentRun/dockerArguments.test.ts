import { describe, expect, it } from "vitest";
import { nanoclawContract } from "../../contract/nanoclaw.ts";
import { dockerArguments, type DockerRun } from "./dockerArguments.ts";

const run: DockerRun = {
  contract: nanoclawContract("1.1.6"),
  root: "/var/lib/nanoclaw",
  group: "main",
  startedAt: 1700000000000,
  timezone: "UTC",
  uid: 999,
  gid: 998,
  image: "nanoclaw-agent:latest",
  exists: () => true,
};
const state = "/var/lib/nanoclaw";

describe("the docker line of NanoClaw", () => {
  it("1.1.6 for main: project root read-only, .env shadowed, in NanoClaw's order", () => {
    expect(dockerArguments(run)).toEqual([
      "run", "-i", "--rm", "--name", "nanoclaw-main-1700000000000", "-e", "TZ=UTC", "--user", "999:998", "-e", "HOME=/home/node",
      "-v", `${state}:/workspace/project:ro`,
      "-v", "/dev/null:/workspace/project/.env:ro",
      "-v", `${state}/groups/main:/workspace/group`,
      "-v", `${state}/data/sessions/main/.claude:/home/node/.claude`,
      "-v", `${state}/data/ipc/main:/workspace/ipc`,
      "-v", `${state}/data/sessions/main/agent-runner-src:/app/src`,
      "nanoclaw-agent:latest",
    ]);
  });
  it("for another group: no project root, the global memory read-only", () => {
    const line = dockerArguments({ ...run, group: "family_chat" }).join(" ");
    expect(line).not.toContain("/workspace/project");
    expect(line).toContain(`-v ${state}/groups/family_chat:/workspace/group -v ${state}/groups/global:/workspace/global:ro -v`);
    expect(line).toContain("--name nanoclaw-family-chat-1700000000000 ");
  });
  it("names no user when it runs as root or as the container's own uid", () => {
    for (const uid of [0, 1000]) expect(dockerArguments({ ...run, uid })).not.toContain("--user");
  });
  it("without an .env or a global memory nothing is mounted for them", () => {
    expect(dockerArguments({ ...run, exists: () => false }).join(" ")).not.toContain("/dev/null");
    expect(dockerArguments({ ...run, group: "other", exists: () => false }).join(" ")).not.toContain("global");
  });
  it("1.1.3 does not shadow .env", () => {
    expect(dockerArguments({ ...run, contract: nanoclawContract("1.1.3") }).join(" ")).not.toContain("/dev/null");
  });
});
