import type { FleetStatus, HostSeen, HostStatus } from "../../contract/status.ts";

/** Stand-in: what hosts would answer, for the tests of `make status`. */

const facts = {
  os: { id: "debian", versionId: "13", prettyName: "Debian GNU/Linux 13 (trixie)" },
  architecture: "x86_64", kernel: "6.12.48", machineId: "0123", sudo: true, cgroupVersion: 2, systemdVersion: 257,
  memoryBytes: 8 * 2 ** 30, cpus: 2, diskFreeBytes: { root: 1, home: 1, state: 1 },
  steps: { podman: { generation: 1, complete: true, drift: [] }, guard: { generation: 2, complete: true, drift: ["file /etc/nanoclaw/guard.json"] }, smoke: { generation: 1, complete: false, drift: [] } },
};

/** A line of `journalctl -o json` with an entry of the guard. */
export function journalLine(entry: object, at = 1_790_000_000): string {
  return JSON.stringify({ MESSAGE: JSON.stringify(entry), PRIORITY: "4", __REALTIME_TIMESTAMP: `${at}000000` });
}

const proofs = [
  { name: "podman-rootless", asserts: "podman runs without root", ok: true, wanted: "true", got: "true", remedy: "", milliseconds: 812 },
  { name: "agent-replies", asserts: "an agent run as NanoClaw runs it replies", ok: true, wanted: "a reply", got: '"smoke-ok"', remedy: "", milliseconds: 9241 },
  { name: "container-caps", asserts: "the kernel enforces the container's limits", ok: true, wanted: "2 GiB, 200 %, 256", got: "2 GiB, 200 %, 256", remedy: "", milliseconds: 31 },
];

/** What probe.sh and status.sh print on a host that has one of everything. */
export const answer = `${JSON.stringify(facts)}
@@ sample
uptime 1000.00 1900.00
nanoclaw-agents.slice 5000000
nanoclaw.service 1000000
@@ host
user 1500
load 0.42 0.40 0.38 1/200 4242
available 6291456 kB
reboot required
@@ disks
/ /home/nanoclaw /var/lib/nanoclaw
Filesystem     1024-blocks     Used Available Capacity Mounted on
/dev/vda1 20511312 10000000 9449852 52% /
/dev/vda1 20511312 10000000 9449852 52% /
/dev/vdb 10218772 200000 9478160 3% /var/lib/nanoclaw
@@ units
Result=success
NRestarts=2
Id=nanoclaw.service
LoadState=loaded
ActiveState=active
ActiveEnterTimestampMonotonic=400500000
InactiveEnterTimestampMonotonic=0

Result=exit-code
NRestarts=0
Id=nanoclaw-imds.service
LoadState=loaded
UnitFileState=enabled
ActiveState=failed
SubState=failed

Id=nanoclaw-hello.service
LoadState=loaded
UnitFileState=enabled
ActiveState=activating
SubState=auto-restart

Id=nanoclaw-web.service
LoadState=loaded
UnitFileState=enabled
ActiveState=active
SubState=running

Id=nanoclaw-gateway.service
LoadState=loaded
UnitFileState=enabled
ActiveState=inactive
SubState=dead

Id=nanoclaw-web-door@main.service
LoadState=loaded
UnitFileState=static
ActiveState=inactive
SubState=dead

Id=nanoclaw-paired.path
UnitFileState=enabled
ActiveState=inactive
@@ pairing
@@ usage agents
memory.current 1073741824
memory.max 4294967296
cpu.max 400000 100000
pids.current 42
pids.max 512
oom_kill 1
@@ usage service
memory.current 104857600
memory.max max
cpu.max max 100000
pids.current 11
pids.max max
@@ containers
536870912
@@ installed
containers "2"
release 0123abcd4567
nanoclaw "1.1.6",
node 22.22.0
image sha256:77c5a5e0b4aa
@@ policy
{"version":1,"roles":[{"name":"main","network":"open","more":1},{"name":"others","network":"none"}]}
@@ guard
${journalLine({ decision: "refused", rule: "flag-unknown", call: "run", reason: "--privileged: wanted a known flag; got it" }, 1_790_000_300)}
${journalLine({ decision: "refused", rule: "count", call: "run", reason: "at most 2" }, 1_790_000_200)}
${journalLine({ decision: "refused", rule: "flag-unknown", call: "run", reason: "--pid" })}
${journalLine({ decision: "allowed", rule: "allow", call: "run", reason: "", downgraded: ["/workspace/extra/notes"] })}
{"MESSAGE":"not the guard's","__REALTIME_TIMESTAMP":"1"}
@@ denied
{"main":{"tracker.example.com:443":1},"others":{"files.example.org:8443":3}}
@@ smoke
1789999000
${JSON.stringify({ ok: true, proofs })}
@@ sample
uptime 1002.00 1903.00
nanoclaw-agents.slice 6000000
nanoclaw.service 1000000
`;

const GiB = 2 ** 30;

/** A host on which all is well, with what differs. */
export function seenHost(different: Partial<HostSeen> = {}): HostSeen {
  return {
    os: "Debian GNU/Linux 13 (trixie)", kernel: "6.12.48", uptimeSeconds: 280_000, load: 0.4, cpus: 10,
    memoryBytes: { used: 6 * GiB, cap: 18 * GiB }, rebootRequired: false, provisioned: true,
    service: {
      state: "active", result: "success", sinceSeconds: 7300, restarts: 0, waitsFor: null,
      usage: { memoryBytes: { used: 0.14 * GiB, cap: 2 * GiB }, cpuPercent: { used: 3, cap: 100 }, tasks: { used: 14, cap: 512 } },
    },
    containers: { now: 3, cap: 4, memoryBytes: [1.1 * GiB, 0.8 * GiB, 0.4 * GiB] },
    agents: { memoryBytes: { used: 2.3 * GiB, cap: 16 * GiB }, cpuPercent: { used: 310, cap: 800 }, tasks: { used: 96, cap: 1024 } },
    outOfMemoryKills: 0,
    disks: [{ holds: "system, images", freeBytes: 31 * GiB, sizeBytes: 60 * GiB }, { holds: "state", freeBytes: 18.4 * GiB, sizeBytes: 20 * GiB }],
    release: { id: "d92e1754ca7d", nanoclaw: "1.1.6", node: "22.22.0" },
    image: "77c5a5e0b4aa8f0c11d3b6e2a9f4",
    network: { main: "open", others: "open" },
    drift: [], unfinished: [], downUnits: [],
    guard: { refusals: [], downgrades: [], truncated: false },
    denied: null,
    smoke: { at: "2026-11-21T05:00:00.000Z", ok: true, proofs },
    ...different,
  };
}

/** A fleet of such hosts. */
export function fleetOf(...hosts: HostStatus[]): FleetStatus {
  return { stack: "prod", at: "2026-11-21T07:00:00.000Z", ok: hosts.every(({ ok }) => ok), hosts };
}

/** A host with these findings; one without `seen` is down. */
export function hostOf(name: string, findings: HostStatus["findings"], seen: HostSeen | null): HostStatus {
  return { name, login: "ubuntu@203.0.113.7:22", ok: findings.every(({ level }) => level === "note"), findings, seen };
}

/** A fleet with everything that a page can show: well, waiting, not well with what is long or hostile, and down. */
export function variedFleet(): FleetStatus {
  const failed = { ...proofs[1]!, ok: false, got: "exit code 1; session none", remedy: "see the agent's lines above" };
  return fleetOf(
    hostOf("office", [{ level: "note", about: "guard", what: "refused 2 calls by rule flag-unknown, the last: docker run: --privileged: wanted a known flag; got it", remedy: "docs/SECURITY.md has the rules; `npm run -s guard -- check` tries one" }], seenHost()),
    hostOf("pilot", [{ level: "waiting", about: "service", what: "NanoClaw waits to be paired: it starts by itself when /var/lib/nanoclaw/store/auth/creds.json exists", remedy: "run `make pair STACK=prod HOST=pilot`; `make chat` works without" }],
      seenHost({ service: { ...seenHost().service, state: "inactive", waitsFor: "/var/lib/nanoclaw/store/auth/creds.json", usage: null }, agents: null, containers: { now: 0, cap: 2, memoryBytes: [] } })),
    hostOf("warehouse", [
      { level: "wrong", about: "drift", what: `step guard has drifted: file /etc/nanoclaw/${"guard".repeat(60)}.json`, remedy: "`pulumi up --stack prod` repairs it" },
      { level: "wrong", about: "proofs", what: "agent-replies failed: wanted a reply; got exit code 1", remedy: failed.remedy },
      { level: "note", about: "egress", what: "agents asked for domains that are denied: <script>alert(1)</script>.example (main, 3 times)", remedy: "add those that they need to the host's allowlist" },
    ], seenHost({
      agents: { memoryBytes: { used: 15.4 * GiB, cap: 16 * GiB }, cpuPercent: { used: 660, cap: 800 }, tasks: { used: 1001, cap: 1024 } },
      disks: [{ holds: "system, images", freeBytes: 0.4 * GiB, sizeBytes: 60 * GiB }, { holds: "state", freeBytes: 18.4 * GiB, sizeBytes: 20 * GiB }],
      drift: [{ step: "guard", facts: ["file /etc/nanoclaw/guard.json"] }], smoke: { at: "2026-11-19T05:00:00.000Z", ok: false, proofs: [proofs[0]!, failed, proofs[2]!] },
      denied: [{ domain: "<script>alert(1)</script>.example", role: "main", count: 3 }],
    })),
    hostOf("attic", [{ level: "wrong", about: "host", what: "its VM does not run; the console's last line: reboot: Power down", remedy: "run `make up`, which starts it; its console is in .state/prod/vms/attic/console.log" }], null),
  );
}
