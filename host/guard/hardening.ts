import type { ContainerLimits, GuardPolicy, GuardRole, Hardening } from "../../contract/policy.ts";

/** One row of the hardening set; docs/SECURITY.md's table of flags is generated from these. */
export interface HardeningRow {
  /** The switch in the policy that turns it off, or null when nothing does. */
  readonly switch: keyof Hardening | null;
  /** How the flags read in the docs. */
  readonly shown: string;
  readonly purpose: string;
  /** What NanoClaw itself passes of it. */
  readonly upstream: string;
  /** What might break, and what is done against it. */
  readonly breaks: string;
  readonly flags: (policy: GuardPolicy, role: GuardRole, limits: ContainerLimits) => readonly string[];
}

/** Everything that the guard adds to `podman run`, in the order in which it stands there. */
export const HARDENING: readonly HardeningRow[] = [
  { switch: null, shown: "`--rm`", purpose: "nothing of a container outlives it", upstream: "yes", breaks: "nothing", flags: () => ["--rm"] },
  { switch: null, shown: "`--pull=never`", purpose: "only images built on this host run", upstream: "no", breaks: "an image that was removed: build it again with `pulumi up`", flags: () => ["--pull=never"] },
  {
    switch: "user",
    shown: "`--userns=keep-id:uid=1000,gid=1000 --user=1000:1000`",
    purpose: "not root in the container; in it, `node` is the service user, so files keep one owner; root's and all other ids are the service user's subordinate ids",
    upstream: "`--user`, when the host's uid is neither 0 nor 1000",
    breaks: "the first run of a new image copies it for this mapping (done right after the build)",
    flags: () => ["--userns=keep-id:uid=1000,gid=1000", "--user=1000:1000"],
  },
  { switch: "capDrop", shown: "`--cap-drop=ALL`", purpose: "no capability, not even in the container's own namespaces", upstream: "no", breaks: "`ping`, `chown` to another user, ports below 1024", flags: () => ["--cap-drop=ALL"] },
  { switch: "noNewPrivileges", shown: "`--security-opt=no-new-privileges`", purpose: "setuid programs and file capabilities do not raise", upstream: "no", breaks: "`sudo`, `su`; Chromium's setuid sandbox (agent-browser runs it with --no-sandbox)", flags: () => ["--security-opt=no-new-privileges"] },
  { switch: null, shown: "`--security-opt=mask=/sys/dev/block`", purpose: "the host's disks are not listed; the kernel's other views podman masks by itself", upstream: "no", breaks: "nothing", flags: () => ["--security-opt=mask=/sys/dev/block"] },
  {
    switch: "readOnly",
    shown: "`--read-only --read-only-tmpfs=false` and sized tmpfs on /tmp, /var/tmp, /run, /home/node",
    purpose: "the image cannot be changed at run time; what must be written is memory of a bounded size",
    upstream: "no",
    breaks: "programs that write elsewhere: `npm install -g`, `apt-get install`",
    flags: (policy, _r, limits) => {
      const tmpfs = sizesWithin(policy.tmpfs, limits);
      return [
        "--read-only",
        "--read-only-tmpfs=false",
        `--tmpfs=/tmp:rw,nosuid,nodev,size=${tmpfs.tmpBytes},mode=1777`,
        `--tmpfs=/var/tmp:rw,nosuid,nodev,size=${tmpfs.varTmpBytes},mode=1777`,
        `--tmpfs=/run:rw,nosuid,nodev,noexec,size=${tmpfs.runBytes},mode=0755`,
        `--mount=type=tmpfs,destination=/home/node,tmpfs-size=${tmpfs.homeBytes},tmpfs-mode=0700,U=true`,
      ];
    },
  },
  { switch: null, shown: "`--image-volume=ignore`", purpose: "a VOLUME of the image is no writable place on the host's disk", upstream: "no", breaks: "images that need their VOLUME", flags: () => ["--image-volume=ignore"] },
  {
    switch: null,
    shown: "`--tmpfs` on /dev/shm, sized",
    // Not --shm-size: podman's own /dev/shm is read-only with --read-only-tmpfs=false.
    purpose: "/dev/shm is bounded too",
    upstream: "no",
    breaks: "a browser with many tabs, unless --disable-dev-shm-usage (agent-browser's default)",
    flags: ({ tmpfs }, _r, limits) => [`--tmpfs=/dev/shm:rw,nosuid,nodev,noexec,size=${sizesWithin(tmpfs, limits).shmBytes},mode=1777`],
  },
  { switch: "memory", shown: "`--memory`, `--memory-swap` (the same)", purpose: "a memory hog is killed in its own container", upstream: "no", breaks: "work that needs more: raise `limits`", flags: (_p, _r, { memoryBytes }) => [`--memory=${memoryBytes}`, `--memory-swap=${memoryBytes}`] },
  { switch: "cpus", shown: "`--cpus`", purpose: "a busy loop is held to its share", upstream: "no", breaks: "slower builds", flags: (_p, _r, { cpus }) => [`--cpus=${cpus}`] },
  { switch: "pids", shown: "`--pids-limit`", purpose: "a fork bomb stops", upstream: "no", breaks: "a browser with many tabs (Chromium's first page: 147 processes and threads)", flags: (_p, _r, { pids }) => [`--pids-limit=${pids}`] },
  { switch: "slice", shown: "`--cgroup-parent=nanoclaw-agents.slice`", purpose: "all containers together stay under the host's cap, and no more than N run", upstream: "no", breaks: "nothing", flags: ({ slice }) => [`--cgroup-parent=${slice}`] },
  {
    switch: null,
    shown: "`--ipc=private --pid=private --uts=private --cgroupns=private`",
    purpose: "namespaces of its own, whatever containers.conf says",
    upstream: "no",
    breaks: "nothing",
    flags: () => ["--ipc=private", "--pid=private", "--uts=private", "--cgroupns=private"],
  },
  {
    switch: null,
    shown: "`--network=none --no-hosts` or `--network=private`",
    purpose: "none, in every mode but `open`: only loopback exists, and no line of the host's /etc/hosts; private: a network of its own with a way out",
    upstream: "no",
    breaks: "with none, everything that does not go through the doors of the mode (see \"Network security\")",
    flags: (_p, { network }) => (network === "open" ? ["--network=private"] : ["--network=none", "--no-hosts"]),
  },
  { switch: null, shown: "`--http-proxy=false`", purpose: "the host's proxy settings, with their passwords, stay on the host", upstream: "no", breaks: "networks that need a proxy: set it with `environment`", flags: () => ["--http-proxy=false"] },
  { switch: null, shown: "`--init`", purpose: "orphaned processes are reaped and signals arrive", upstream: "no", breaks: "nothing", flags: () => ["--init"] },
  {
    switch: null,
    shown: "`--log-driver=none`, or `k8s-file` with `max-size`",
    purpose: "output goes to NanoClaw and is not kept, or kept bounded until the container ends",
    upstream: "no",
    breaks: "with none, `docker logs`",
    flags: ({ log }) => (log.driver === "none" ? ["--log-driver=none"] : ["--log-driver=k8s-file", `--log-opt=max-size=${log.maxBytes}`]),
  },
];

/**
 * The policy's sizes of memory file systems, made smaller alike when they are more than half of what the container may
 * use: a role or a caller may ask for less memory, and a full /tmp must be "no space left" and not an out-of-memory kill.
 */
function sizesWithin(tmpfs: GuardPolicy["tmpfs"], { memoryBytes }: ContainerLimits): GuardPolicy["tmpfs"] {
  const sum = Object.values(tmpfs).reduce((all, size) => all + size);
  const share = Math.min(1, memoryBytes / 2 / sum);
  const page = 4096;
  return Object.fromEntries(Object.entries(tmpfs).map(([name, size]) => [name, share === 1 ? size : Math.max(page, Math.floor((size * share) / page) * page)])) as GuardPolicy["tmpfs"];
}

/** The flags of all rows that the policy has on. */
export function hardeningFlags(policy: GuardPolicy, role: GuardRole, limits: ContainerLimits): string[] {
  return HARDENING.filter((row) => row.switch === null || policy.hardening[row.switch]).flatMap((row) => row.flags(policy, role, limits));
}
