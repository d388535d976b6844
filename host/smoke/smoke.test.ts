import { describe, expect, it } from "vitest";
import type { Proof } from "../../contract/proofs.ts";
import type { SmokeSettings } from "../../contract/settings.ts";
import type { ServiceUser } from "../agentRun/serviceUser.ts";
import { idInside, statusField } from "./containerProcess.ts";
import { experiment, same, type ProofRow } from "./experiment.ts";
import { cgroupsOf, compareLimits, cpuPercent, tighter } from "./limits.ts";
import { mountedAt } from "./serviceProofs.ts";
import { proofTable } from "./table.ts";
import { testSettings } from "./testSettings.ts";

const claim = { name: "a-name", asserts: "it holds", wanted: "1", remedy: "mend it" };
const proof = (part: Partial<Proof>): Proof => ({ ...claim, ok: true, got: "1", remedy: "", milliseconds: 5, ...part });
const context = { settings: testSettings, user: {} as ServiceUser, say: () => undefined, without: ["unwanted"] };
const prove = (look: () => Promise<string>, ...rows: Partial<ProofRow<string>>[]): Promise<Proof[]> =>
  experiment<string>({ does: "looking", look, rows: rows.map((row) => ({ ...claim, judge: (got) => same("1", got), ...row })) }).prove(context);

describe("an experiment", () => {
  it("looks once, and judges each of its proofs by what it saw", async () => {
    let looks = 0;
    const proofs = await prove(async () => String(++looks), {}, { name: "other", judge: (got) => same("2", got) });
    expect(proofs).toMatchObject([{ ok: true, got: "1", remedy: "" }, { name: "other", ok: false, got: "1", remedy: "mend it" }]);
  });
  it("that cannot be done fails all its proofs with the first line of the error, of a command's stderr when there is one", async () => {
    expect(await prove(() => Promise.reject(new Error("no\nmore")), {}, {})).toMatchObject([{ ok: false, got: "no", remedy: "mend it" }, { ok: false, got: "no" }]);
    expect(await prove(() => Promise.reject(Object.assign(new Error("Command failed"), { stderr: "podman: gone\nx" })), {})).toMatchObject([{ got: "podman: gone" }]);
  });
  it("fails only the proof whose judgement throws", async () => {
    const thrown: Partial<ProofRow<string>> = { judge: () => { throw new Error("odd facts"); } };
    expect(await prove(async () => "1", thrown, {})).toMatchObject([{ ok: false, got: "odd facts" }, { ok: true }]);
  });
  it("leaves out what does not belong to the host, and does not look when nothing is left", async () => {
    const never = { applies: ({ containers }: SmokeSettings) => containers > 3 };
    expect(await prove(async () => "1", never, {})).toHaveLength(1);
    expect(await prove(async () => "1", { name: "unwanted" }, {})).toHaveLength(1);
    expect(await prove(() => Promise.reject(new Error("looked")), never, { name: "unwanted" })).toEqual([]);
  });
  it("is not asked for a protection that the stack itself has off", async () => {
    const off = experiment<string>({ does: "looking", look: async () => "2", rows: [{ ...claim, protection: "capDrop", judge: (got) => same("1", got) }] });
    expect(await off.prove(context)).toMatchObject([{ ok: false }]);
    expect(await off.prove({ ...context, settings: { ...testSettings, hardening: { ...testSettings.hardening, capDrop: false } } })).toEqual([]);
  });
  it("says what is wanted in terms of the host's settings", async () => {
    expect(await prove(async () => "3", { wanted: ({ containers }) => `${containers}`, judge: (got, { containers }) => same(String(containers), got) })).toMatchObject([{ ok: true, wanted: "3" }]);
  });
});

describe("the table", () => {
  it("aligns its columns and tells of a failed proof what was wanted, got, and what to do", () => {
    expect(proofTable([proof({ name: "short" }), proof({ name: "a-longer-name", ok: false, got: "2", remedy: "mend it", milliseconds: 1234 })])).toEqual([
      "✓ short          it holds     5 ms  1",
      "✗ a-longer-name  it holds  1234 ms",
      "    wanted: 1",
      "    got:    2",
      "    remedy: mend it",
      "1 of 2 proofs failed",
    ]);
  });
});

describe("limits read from the kernel", () => {
  const caps = { memoryMaxBytes: 2147483648, cpuQuotaPercent: 200, tasksMax: 256 };
  it("are found in the container's scope and its slice, wherever crun put the process below them", () => {
    const slice = "/user.slice/user-1500.slice/user@1500.service/nanoclaw.slice/nanoclaw-agents.slice";
    expect(cgroupsOf(`0::${slice}/libpod-abc.scope/container\n`)).toEqual({ scope: `${slice}/libpod-abc.scope`, agentsSlice: slice });
    expect(cgroupsOf("0::/user.slice/libpod-abc.scope")).toEqual({ scope: "/user.slice/libpod-abc.scope", agentsSlice: undefined });
    expect(cgroupsOf("1:name=systemd:/x")).toEqual({ scope: undefined, agentsSlice: undefined });
  });

  it("takes the tighter limit where a container has two cgroups, one in the other", () => {
    const none = { memoryMax: "max", cpuMax: "max 100000", pidsMax: "max" };
    const some = { memoryMax: "2147483648", cpuMax: "200000 100000", pidsMax: "256" };
    expect(tighter(none, some)).toEqual(some);
    expect(tighter(some, none)).toEqual(some);
    expect(tighter(some, { ...some, memoryMax: "1000", pidsMax: "300" })).toEqual({ ...some, memoryMax: "1000" });
  });
  it("hold when all three are as wanted, memory but for the kernel's rounding", () => {
    expect(compareLimits(caps, { memoryMax: "2147483648", cpuMax: "200000 100000", pidsMax: "256" }).ok).toBe(true);
    expect(compareLimits(caps, { memoryMax: "2147479552", cpuMax: "100000 50000", pidsMax: "256" }).ok).toBe(true);
  });
  it("fail when any of them is missing or looser", () => {
    expect(compareLimits(caps, { memoryMax: "max", cpuMax: "200000 100000", pidsMax: "256" }).ok).toBe(false);
    expect(compareLimits(caps, { memoryMax: "2147483648", cpuMax: "max 100000", pidsMax: "256" }).ok).toBe(false);
    expect(compareLimits(caps, { memoryMax: "2147483648", cpuMax: "200000 100000", pidsMax: "max" }).ok).toBe(false);
    expect(compareLimits(caps, { memoryMax: "4294967296", cpuMax: "200000 100000", pidsMax: "256" }).ok).toBe(false);
  });
  it("of an unlimited CPU are no number", () => {
    expect(cpuPercent("max 100000")).toBeUndefined();
  });
});

describe("a container seen from outside", () => {
  it("has the user id of its own map", () => {
    const map = "         0     100000       1000\n      1000       1500          1\n      1001     101000      64536\n";
    expect([idInside(map, 1500), idInside(map, 100000), idInside(map, 0)]).toEqual([1000, 0, undefined]);
  });
  it("has status fields", () => {
    expect(statusField("Name:\tnode\nCapEff:\t0000000000000000\n", "CapEff")).toBe("0000000000000000");
    expect(statusField("", "CapEff")).toBe("");
  });
});

it("a volume counts only when it is mounted exactly there", () => {
  const mountinfo = "25 1 8:1 / / rw - ext4 /dev/vda1 rw\n30 25 8:16 / /var/lib/nanoclaw rw,noatime shared:5 - ext4 /dev/vdb rw\n";
  expect(mountedAt(mountinfo, "/var/lib/nanoclaw")).toBe("/dev/vdb");
  expect(mountedAt(mountinfo, "/var/lib")).toBeUndefined();
});
