import { z } from "zod";

/** What `host/probe/probe.sh` prints: one JSON object, read-only, in one SSH round trip, without jq or Node on the host. */
export const HostFacts = z.object({
  /** /etc/os-release */
  os: z.object({ id: z.string(), versionId: z.string(), prettyName: z.string() }),
  /** `uname -m` */
  architecture: z.string(),
  kernel: z.string(),
  /** /etc/machine-id: another value under the same address means that the system was installed anew. */
  machineId: z.string(),
  /** True when the login user is root or `sudo -n true` works. */
  sudo: z.boolean(),
  /** 2 = unified hierarchy on /sys/fs/cgroup. */
  cgroupVersion: z.number(),
  systemdVersion: z.number(),
  memoryBytes: z.number(),
  cpus: z.number(),
  /** Bytes free on the file systems that hold these paths. */
  diskFreeBytes: z.object({ root: z.number(), home: z.number(), state: z.number() }),
  /** What each host step left, and whether the host is still so. Empty on a host that was never provisioned. */
  steps: z.record(
    z.string(),
    z.object({
      generation: z.number(),
      /** False while a step runs, or after it was killed or failed. */
      complete: z.boolean(),
      /** Facts that differ from what the step left, one line each, such as `file /etc/nanoclaw/guard.json`. */
      drift: z.array(z.string()),
    }),
  ),
});
export type HostFacts = z.infer<typeof HostFacts>;
