import { describe, expect, it } from "vitest";
import { FleetStatus, HostSeen } from "../../contract/status.ts";
import { findingsOf } from "./findings.ts";
import { printable } from "./fleet.ts";
import { bytes, duration, percent, plural } from "./quantities.ts";
import { readHost } from "./readHost.ts";
import { statusText, summary } from "./text.ts";
import { answer, fleetOf, journalLine, seenHost } from "./testStatus.ts";

const findings = (different: Partial<HostSeen>) => findingsOf(seenHost(different), "make up", "make pair");
const status = (different: Partial<HostSeen> = {}, name = "office") => {
  const found = findings(different);
  return { name, login: "ubuntu@203.0.113.7:22", ok: found.every(({ level }) => level === "note"), findings: found, seen: seenHost(different) };
};

describe("what a host answers", () => {
  const seen = readHost(answer);
  it("is read as its schema says", () => {
    expect(HostSeen.parse(seen)).toEqual(seen);
  });
  it("has use and caps as the kernel counts them, CPU from two samples", () => {
    expect(seen.agents).toEqual({ memoryBytes: { used: 2 ** 30, cap: 4 * 2 ** 30 }, cpuPercent: { used: 50, cap: 400 }, tasks: { used: 42, cap: 512 } });
    expect(seen.service.usage).toEqual({ memoryBytes: { used: 100 * 2 ** 20, cap: null }, cpuPercent: { used: 0, cap: null }, tasks: { used: 11, cap: null } });
    expect(seen.outOfMemoryKills).toBe(1);
    expect(seen.memoryBytes).toEqual({ used: 2 * 2 ** 30, cap: 8 * 2 ** 30 });
  });
  it("has containers, release, image and the network of each role", () => {
    expect(seen.containers).toEqual({ now: 1, cap: 2, memoryBytes: [512 * 2 ** 20] });
    expect(seen.release).toEqual({ id: "0123abcd4567", nanoclaw: "1.1.6", node: "22.22.0" });
    expect(seen.image).toBe("sha256:77c5a5e0b4aa");
    expect(seen.network).toEqual({ main: "open", others: "none" });
  });
  it("names a file system once, with all that it holds", () => {
    expect(seen.disks.map(({ holds }) => holds)).toEqual(["system, images", "state"]);
  });
  it("has the service's state and for how long", () => {
    expect(seen.service).toMatchObject({ state: "active", sinceSeconds: 602, restarts: 2, waitsFor: null });
    expect(seen.downUnits).toEqual([
      { unit: "nanoclaw-imds.service", state: "failed" },
      { unit: "nanoclaw-hello.service", state: "activating (auto-restart)" },
      { unit: "nanoclaw-gateway.service", state: "inactive" },
    ]);
  });
  it("counts refusals by rule, the newest reason with each, and skips what the guard did not write", () => {
    expect(seen.guard.refusals.map(({ rule, count }) => [rule, count])).toEqual([["flag-unknown", 2], ["count", 1]]);
    expect(seen.guard.refusals[0]).toMatchObject({ reason: "docker run: --privileged: wanted a known flag; got it", lastAt: "2026-09-21T14:18:20.000Z" });
    expect(seen.guard.downgrades).toEqual([{ target: "/workspace/extra/notes", count: 1 }]);
    expect(seen.guard.truncated).toBe(false);
  });
  it("says so when the journal had more than is read", () => {
    const many = Array.from({ length: 1000 }, () => journalLine({ decision: "refused", rule: "count", call: "run", reason: "full" })).join("\n");
    const flooded = readHost(answer.replace("@@ guard", `@@ guard\n${many}`));
    expect(flooded.guard.truncated).toBe(true);
    expect(findingsOf(flooded, "up", "pair").some(({ what }) => what.includes("at least 1001 calls by rule count"))).toBe(true);
  });
  it("has the denied domains, most often first, and drift and unfinished steps", () => {
    expect(seen.denied).toEqual([{ domain: "files.example.org:8443", role: "others", count: 3 }, { domain: "tracker.example.com", role: "main", count: 1 }]);
    expect(seen.drift).toEqual([{ step: "guard", facts: ["file /etc/nanoclaw/guard.json"] }]);
    expect(seen.unfinished).toEqual(["smoke"]);
  });
  it("keeps the last smoke test with its time, and does without one that it cannot read", () => {
    expect(seen.smoke).toMatchObject({ at: new Date(1_789_999_000_000).toISOString(), ok: true });
    expect(readHost(answer.replace('"milliseconds":812', '"milliseconds":"x"')).smoke).toBeNull();
    expect(readHost(answer.replace(/@@ denied\n.*\n/, "@@ denied\n")).denied).toBeNull();
  });
  it("from a machine that was never provisioned is one finding", () => {
    const bare = readHost(`${JSON.stringify({ ...JSON.parse(answer.split("\n")[0]!), steps: {} })}\n@@ host\nuser none\n`);
    expect(bare).toMatchObject({ provisioned: false, service: { state: "not installed" }, agents: null, release: null, smoke: null });
    expect(findingsOf(bare, "make up", "make pair")).toEqual([{ level: "wrong", about: "host", what: "it was never provisioned", remedy: "run `make up`" }]);
  });
  it("that is something else is an error", () => {
    expect(() => readHost("Welcome to Ubuntu\n@@ host\n")).toThrow();
  });
});

describe("what is made of it", () => {
  it("is nothing when all is well", () => {
    expect(findings({})).toEqual([]);
  });
  const service = seenHost().service;
  it.each<[string, Partial<HostSeen>, string]>([
    ["a stopped service", { service: { ...service, state: "inactive" } }, "wrong nanoclaw.service is inactive"],
    ["a failed service", { service: { ...service, state: "failed", result: "exit-code" } }, "wrong nanoclaw.service is failed (exit-code)"],
    ["a service that waits for pairing", { service: { ...service, state: "inactive", waitsFor: "/var/lib/nanoclaw/store/auth/creds.json" } }, "waiting NanoClaw waits to be paired"],
    ["a failed unit", { downUnits: [{ unit: "nanoclaw-imds.service", state: "failed" }] }, "wrong nanoclaw-imds.service does not run: failed"],
    ["a unit that restarts again and again", { downUnits: [{ unit: "nanoclaw-web.service", state: "activating (auto-restart)" }] }, "wrong nanoclaw-web.service does not run: activating (auto-restart)"],
    ["drift", { drift: [{ step: "guard", facts: ["file /opt/nanoclaw/bin/docker"] }] }, "wrong step guard has drifted: file /opt/nanoclaw/bin/docker"],
    ["a step that did not end", { unfinished: ["release"] }, "wrong step release did not finish"],
    ["a proof that failed", { smoke: { at: "2026-11-21T05:00:00.000Z", ok: false, proofs: [{ ...seenHost().smoke!.proofs[0]!, ok: false, got: "false", remedy: "mend it" }] } }, "wrong podman-rootless failed: wanted true; got false"],
    ["a full disk", { disks: [{ holds: "state", freeBytes: 2 ** 28, sizeBytes: 20 * 2 ** 30 }] }, "wrong the disk of state has 256 MiB of 20 GiB left (1 %)"],
    ["a disk that fills up", { disks: [{ holds: "system, images", freeBytes: 1.5 * 2 ** 30, sizeBytes: 20 * 2 ** 30 }] }, "note the disk of system, images has 1.5 GiB"],
    ["agents without a cap", { agents: { ...seenHost().agents!, memoryBytes: { used: 1, cap: null } } }, "wrong the kernel enforces no cap"],
    ["processes that were killed", { outOfMemoryKills: 2 }, "note the kernel ended 2 processes of agents"],
    ["a pending reboot", { rebootRequired: true }, "note updates wait for a reboot"],
    ["denied domains", { denied: [{ domain: "a.example", role: "main", count: 2 }] }, "note agents asked for domains that are denied: a.example (main, 2 times)"],
    ["a downgrade", { guard: { refusals: [], downgrades: [{ target: "/workspace/extra/x", count: 1 }], truncated: false } }, "note /workspace/extra/x was asked for writing"],
  ])("%s is told, with a remedy", (_, different, text) => {
    const [first] = findings(different);
    expect(`${first?.level} ${first?.what}`).toContain(text);
    expect(first?.remedy).not.toBe("");
  });
  it("is told with the most urgent first", () => {
    const levels = findings({ rebootRequired: true, service: { ...service, state: "inactive", waitsFor: "/x" }, unfinished: ["smoke"] }).map(({ level }) => level);
    expect(levels).toEqual(["wrong", "waiting", "note"]);
  });
});

describe("the text", () => {
  it("begins with what to do, of the host that needs it most", () => {
    const fleet = fleetOf(status({ service: { ...seenHost().service, state: "inactive", waitsFor: "/x" } }, "one"), status({ unfinished: ["podman"] }, "two"));
    expect(statusText(fleet, { colour: false }).split("\n")[0]).toBe("two: step podman did not finish when it last ran. To do: run `make up`");
    expect(summary(fleetOf(status(), status({}, "two")))).toBe("all is well: 2 hosts of stack prod");
  });
  it("shows use against caps, and the last smoke test with its age", () => {
    const text = statusText(fleetOf(status()), { colour: false });
    expect(text).toContain("containers  3 of 4");
    expect(text).toMatch(/memory ━+─+ 2\.3 GiB of 16 GiB {2}CPU ━+─+ 310 of 800 % {2}96 of 1024 processes/);
    expect(text).toContain("3 of 3 held, 2 h ago");
  });
  it("has colours only when they are asked for, and shows a host that is down by its finding", () => {
    const down = { name: "two", login: "a@b:22", ok: false, findings: [{ level: "wrong" as const, about: "host", what: "its VM does not run", remedy: "run `make up`" }], seen: null };
    expect(statusText(fleetOf(status(), down), { colour: false })).not.toContain("\u001b");
    expect(statusText(fleetOf(status(), down), { colour: true })).toContain("\u001b[31m✗\u001b[0m its VM does not run");
  });
  it("lets nothing that a host said move the cursor or hide text", () => {
    const hostile = fleetOf(status({ denied: [{ domain: "a\u001b[2J\u202eb\r", role: "main", count: 1 }] }));
    expect(JSON.stringify(printable(hostile))).toContain("a·[2J·b·");
    expect(FleetStatus.parse(printable(hostile))).toBeTruthy();
  });
});

it("quantities are short and have units", () => {
  expect([0, 999, 1536, 2 ** 30, 1.44 * 2 ** 40].map(bytes)).toEqual(["0 B", "999 B", "1.5 KiB", "1 GiB", "1.4 TiB"]);
  expect([5, 90, 7300, 200_000].map(duration)).toEqual(["5 s", "2 min", "2 h", "2 days"]);
  expect([percent(0.256), plural(1, "call"), plural(0, "call")]).toEqual(["26 %", "1 call", "0 calls"]);
});
