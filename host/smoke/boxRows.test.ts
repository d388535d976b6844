import { describe, expect, it } from "vitest";
import type { BoxFacts } from "../insideProbe/box.ts";
import { boxRows, type BoxEvidence } from "./boxRows.ts";
import type { ContainerProcess } from "./containerProcess.ts";
import { testSettings as settings } from "./testSettings.ts";

const none = "0000000000000000";
const process: ContainerProcess = {
  uid: 1000,
  hostUid: 999,
  capabilities: { effective: none, permitted: none, bounding: none },
  noNewPrivileges: true,
  cgroup: "0::/a/nanoclaw-agents.slice/libpod-1.scope",
  agentsSlice: "/a/nanoclaw-agents.slice",
  limits: {
    scope: { memoryMax: String(2 * 2 ** 30), cpuMax: "200000 100000", pidsMax: "256" },
    agentsSlice: { memoryMax: String(6 * 2 ** 30), cpuMax: "600000 100000", pidsMax: "768" },
  },
  rootWrite: "refused: EROFS",
};
const inside: BoxFacts = {
  status: ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"].map((field) => `${field}:\t${none}\n`).join("") + "Seccomp:\t2\n",
  writes: { "/": "EROFS", "/etc": "EROFS", "/app/src": "EROFS" },
  setuid: { program: "/usr/bin/su", effectiveUid: 1000 },
  views: { "/proc/kcore": "masked", "/proc/scsi": "absent" },
  writableViews: [],
  processes: ["catatonit", "node"],
  sockets: ["/run/egress/web.sock"],
  there: [],
  neighbour: [],
  secrets: { GITHUB_TOKEN: [] },
};
const good: BoxEvidence = { agent: { imageId: "abc", pid: 7, process }, probe: { imageId: "abc", pid: 8, process }, inside, builtImage: "abc", serviceUid: 999 };

const probe = (part: Partial<ContainerProcess>): Partial<BoxEvidence> => ({ probe: { imageId: "abc", pid: 8, process: { ...process, ...part } } });
const agent = (part: Partial<ContainerProcess>): Partial<BoxEvidence> => ({ agent: { imageId: "abc", pid: 7, process: { ...process, ...part } } });
const seen = (part: Partial<BoxFacts>): Partial<BoxEvidence> => ({ inside: { ...inside, ...part } });
const scope = (part: object): Partial<BoxEvidence> => probe({ limits: { ...process.limits, scope: { ...process.limits.scope!, ...part } } });
const status = (from: string, to: string): Partial<BoxEvidence> => seen({ status: inside.status.replace(from, to) });
const failing = (evidence: BoxEvidence): string[] => boxRows.filter((row) => !row.judge(evidence, settings).ok).map(({ name }) => name);

/** What is seen when one protection is gone → the proof that must fail for it. */
const weak: readonly (readonly [string, Partial<BoxEvidence>, string])[] = [
  ["another image than the one built here", { builtImage: "def" }, "image-is-built"],
  ["no image with a content tag", { builtImage: undefined }, "image-is-built"],
  ["root in the container", probe({ uid: 0 }), "container-not-root"],
  ["root in the agent's own container", agent({ uid: 0 }), "container-not-root"],
  ["a subordinate id outside", probe({ hostUid: 100_999 }), "container-not-root"],
  ["a capability in the bounding set", probe({ capabilities: { effective: none, permitted: none, bounding: "00000000a80425fb" } }), "container-no-capabilities"],
  ["an ambient capability, seen from inside", status(`CapAmb:\t${none}`, "CapAmb:\t0000000000000400"), "container-no-capabilities"],
  ["no_new_privs off", probe({ noNewPrivileges: false }), "setuid-does-not-raise"],
  ["a set-user-id program that becomes root", seen({ setuid: { program: "/usr/bin/su", effectiveUid: 0 } }), "setuid-does-not-raise"],
  ["a root file system that can be written from outside", probe({ rootWrite: "written" }), "container-root-read-only"],
  ["a writable directory of the image", seen({ writes: { ...inside.writes, "/etc": "written" } }), "container-root-read-only"],
  ["a directory that only its permissions protect", seen({ writes: { ...inside.writes, "/etc": "EACCES" } }), "container-root-read-only"],
  ["the agent's source writable", seen({ writes: { ...inside.writes, "/app/src": "written" } }), "agent-source-read-only"],
  ["no agent's source at all", seen({ writes: { "/": "EROFS" } }), "agent-source-read-only"],
  ["the kernel's own /proc/kcore", seen({ views: { ...inside.views, "/proc/kcore": "the kernel's own" } }), "kernel-views-masked"],
  ["a writable /proc/sys", seen({ writableViews: ["/proc/sys"] }), "kernel-views-masked"],
  ["no seccomp filter", status("Seccomp:\t2", "Seccomp:\t0"), "system-calls-filtered"],
  ["no memory limit", scope({ memoryMax: "max" }), "limit-memory"],
  ["more memory", scope({ memoryMax: String(4 * 2 ** 30) }), "limit-memory"],
  ["no CPU quota", scope({ cpuMax: "max 100000" }), "limit-cpu"],
  ["more CPU time", scope({ cpuMax: "400000 100000" }), "limit-cpu"],
  ["no limit of processes", scope({ pidsMax: "max" }), "limit-pids"],
  ["podman's own limit of processes", scope({ pidsMax: "2048" }), "limit-pids"],
  ["a container outside of the slice", probe({ limits: { scope: process.limits.scope! } }), "agents-slice-limits"],
  ["a slice without limits", agent({ limits: { ...process.limits, agentsSlice: { memoryMax: "max", cpuMax: "max 100000", pidsMax: "max" } } }), "agents-slice-limits"],
  ["another group's files", seen({ neighbour: ["/workspace/extra/mark.txt"] }), "other-groups-hidden"],
  ["the project", seen({ there: ["/workspace/project"] }), "project-hidden"],
  ["the policy", seen({ there: ["/etc/nanoclaw"] }), "policy-hidden"],
  ["podman's socket", seen({ sockets: ["/run/user/1000/podman/podman.sock"] }), "podman-socket-hidden"],
  ["the user's bus", seen({ sockets: ["/run/user/1000/bus"] }), "service-manager-unreachable"],
  ["an abstract socket", seen({ sockets: ["@/tmp/dbus-x"] }), "service-manager-unreachable"],
  ["the host's init", seen({ processes: ["systemd", "kthreadd"] }), "host-processes-hidden"],
  ["many processes of others", seen({ processes: Array.from({ length: 30 }, () => "sh") }), "host-processes-hidden"],
  ["another role's secret on stdin", seen({ secrets: { GITHUB_TOKEN: ["stdin"] } }), "secrets-by-role"],
];

describe("an agent's box", () => {
  it("is proved when everything is as it should be", () => {
    expect(failing(good)).toEqual([]);
  });
  it("is proved by the probe alone when no agent answered", () => {
    expect(failing({ ...good, agent: undefined })).toEqual([]);
  });
  it("needs no set-user-id program in the image", () => {
    expect(failing({ ...good, inside: { ...inside, setuid: null } })).toEqual([]);
  });
  it.each(weak)("with %s fails one proof", (_, part, name) => {
    expect(failing({ ...good, ...part })).toEqual([name]);
  });
  it("has a test above for each of its proofs", () => {
    expect(new Set(weak.map(([, , name]) => name))).toEqual(new Set(boxRows.map(({ name }) => name)));
  });
  it("is not asked for what the stack has switched off", () => {
    expect(boxRows.find(({ name }) => name === "agent-source-read-only")?.applies?.({ ...settings, agentSourceReadOnly: false })).toBe(false);
  });
});
