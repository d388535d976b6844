import type { SmokeSettings } from "../../contract/settings.ts";

/** A host for three containers of 2 GiB, for the tests of this directory. */
export const testSettings: SmokeSettings = {
  containers: 3,
  agentsSlice: { memoryMaxBytes: 6 * 2 ** 30, cpuQuotaPercent: 600, tasksMax: 768 },
  container: { memoryMaxBytes: 2 * 2 ** 30, cpuQuotaPercent: 200, tasksMax: 256 },
  serviceCaps: { memoryMaxBytes: 2 ** 30, cpuQuotaPercent: 100, tasksMax: 704 },
  imageName: "nanoclaw-agent:latest",
  hardening: { user: true, readOnly: true, capDrop: true, noNewPrivileges: true, memory: true, cpus: true, pids: true, slice: true, mounts: true, secrets: true },
  egress: { mode: "none", role: "untrusted", folder: "smoke", listed: null, apiHost: "api.example", someOpen: false },
  browser: true,
  memoryFileSystems: [
    { path: "/tmp", bytes: 2 ** 28 },
    { path: "/dev/shm", bytes: 2 ** 26 },
  ],
  agentSourceReadOnly: true,
  projectShadows: [".env", "store/auth"],
  foreignSecrets: ["GITHUB_TOKEN"],
  stateOnVolume: true,
  replyTimeoutSeconds: 60,
  prompt: "say ok",
  replyContains: "ok",
};
