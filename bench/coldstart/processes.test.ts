import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { agentRunner, bootTime, namespaceIds, parseStat } from "./processes.ts";

test("a process's start is read from its stat line, whatever its name holds", () => {
  const stat = "4711 (a) b (c)) S 42 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 1000 100";
  expect(parseStat(stat, 1_000_000)).toEqual({ pid: 4711, parent: 42, at: 1_000_000 + 123_450 });
});

test("ids in nested namespaces are told from the host's to the container's", () => {
  expect(namespaceIds("Name:\tnode\nNSpid:\t4711\t17\nVmPeak: 1")).toEqual([4711, 17]);
  expect(namespaceIds("Name:\tkthreadd\n")).toEqual([0]);
});

test("the boot's time follows from now and the uptime", () => {
  expect(bootTime(1_000_000, "600.25 1100.00\n")).toBe(399_750);
});

test("a process of the host itself is never taken for the container's", async () => {
  const child = spawn("sleep", ["61.5"]);
  try {
    await new Promise((resolve) => child.once("spawn", resolve));
    expect(agentRunner(["sleep", "61.5"])).toBeUndefined();
  } finally {
    child.kill("SIGKILL");
  }
});
