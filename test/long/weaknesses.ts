/** One way to weaken a host, and the proofs that must fail for it: these, and no other. */
export interface Weakness {
  readonly what: string;
  /** A jq filter on the guard's policy. */
  readonly policy?: string;
  /** Flags that podman gets besides the guard's. `UID` is the service user's id. */
  readonly podman?: readonly string[];
  /** What root does on the host, and how that is undone. `podman` there is the service user's. */
  readonly host?: readonly [does: string, undoes: string];
  readonly fails: readonly string[];
  /** It touches a limit: then how limits hold under load is looked at too, a minute in emulation. Default: false. */
  readonly load?: true;
}

const off = (name: string): string => `.hardening.${name} = false`;

/** Each protection switched off in turn. */
export const weaknesses: readonly Weakness[] = [
  // The group's directories are then another user's, so that permissions refuse (EACCES) what the mounts should (EROFS).
  { what: "its own user", policy: off("user"), fails: ["container-not-root", "agent-source-read-only", "main-sees-no-secrets", "main-writes-no-project"] },
  { what: "the read-only root and its bounded memory file systems", policy: off("readOnly"), fails: ["container-root-read-only", "memory-file-systems-bounded"], load: true },
  { what: "the dropped capabilities", policy: off("capDrop"), fails: ["container-no-capabilities"] },
  { what: "no_new_privs", policy: off("noNewPrivileges"), fails: ["setuid-does-not-raise"] },
  { what: "the memory limit", policy: off("memory"), fails: ["limit-memory", "memory-hog-killed"], load: true },
  { what: "the CPU limit", policy: off("cpus"), fails: ["limit-cpu", "cpu-burn-held"], load: true },
  { what: "the limit of processes", policy: off("pids"), fails: ["limit-pids", "fork-bomb-stops"], load: true },
  { what: "the slice and the count", policy: off("slice"), fails: ["agents-slice-limits", "hogs-stay-under-the-cap", "no-more-than-n"], load: true },
  { what: "the mount rules", policy: off("mounts"), fails: ["hostile-mount-refused"] },
  { what: "the filter of secrets", policy: off("secrets"), fails: ["secrets-by-role"] },
  { what: "the count alone", policy: ".containers += 1", fails: ["no-more-than-n"], load: true },
  { what: "the size of /tmp", policy: ".tmpfs.tmpBytes *= 2", fails: ["memory-file-systems-bounded"], load: true },
  { what: "the agent's read-only source", policy: '.agentSource = "rw"', fails: ["agent-source-read-only"] },
  { what: "what main does not see", policy: '.projectShadows = [".env"]', fails: ["main-sees-no-secrets"] },
  { what: "the masks over /proc and /sys", podman: ["--security-opt=unmask=ALL"], fails: ["kernel-views-masked"] },
  { what: "the system call filter", podman: ["--security-opt=seccomp=unconfined"], fails: ["system-calls-filtered"] },
  { what: "the process namespace", podman: ["--pid=host"], fails: ["host-processes-hidden", "kernel-views-masked"] },
  { what: "other groups' workspaces", podman: ["--volume=/var/lib/nanoclaw/groups:/workspace/extra/groups:ro"], fails: ["other-groups-hidden"] },
  { what: "other groups' sessions", podman: ["--volume=/var/lib/nanoclaw/data/sessions:/workspace/extra/sessions:ro"], fails: ["other-groups-hidden"] },
  { what: "the project", podman: ["--volume=/var/lib/nanoclaw/store:/workspace/project/store:ro"], fails: ["project-hidden"] },
  { what: "the policy", podman: ["--volume=/etc/nanoclaw:/etc/nanoclaw:ro"], fails: ["policy-hidden"] },
  { what: "podman's socket", podman: ["--volume=/run/user/UID/podman:/workspace/extra/podman:ro"], fails: ["podman-socket-hidden"] },
  { what: "the user's D-Bus", podman: ["--volume=/run/user/UID/bus:/workspace/extra/bus"], fails: ["service-manager-unreachable"] },
  { what: "the user's systemd", podman: ["--volume=/run/user/UID/systemd:/workspace/extra/systemd"], fails: ["service-manager-unreachable"] },
  { what: "the firewall before the metadata service", host: ["systemctl stop nanoclaw-imds", "systemctl start nanoclaw-imds"], fails: ["egress-metadata-blocked"] },
  {
    what: "the slice's own caps",
    host: ["manager set-property --runtime nanoclaw-agents.slice MemoryMax=infinity", "manager revert nanoclaw-agents.slice; manager daemon-reload"],
    fails: ["agents-slice-limits", "hogs-stay-under-the-cap"],
    load: true,
  },
  {
    what: "the image that was built",
    host: ["install -d -o nanoclaw /tmp/weak; printf 'FROM localhost/nanoclaw-agent:latest\\nLABEL weak=yes\\n' >/tmp/weak/Containerfile; podman tag nanoclaw-agent:latest good && podman build -q -t nanoclaw-agent:latest /tmp/weak", "rm -rf /tmp/weak; podman tag localhost/good:latest nanoclaw-agent:latest && podman untag localhost/good:latest localhost/good:latest"],
    fails: ["image-is-built"],
  },
];

/** The same for a host whose agents have doors and no network. */
export const openDoors: readonly Weakness[] = [
  { what: "the missing network", podman: ["--network=pasta"], fails: ["egress-no-dns", "egress-no-network"] },
  { what: "doors of its own", podman: ["--volume=/run/nanoclaw-egress/main:/run/egress:ro"], fails: ["egress-own-doors"] },
  { what: "doors of its own alone", podman: ["--volume=/run/nanoclaw-egress:/workspace/extra/doors"], fails: ["service-manager-unreachable"] },
  {
    what: "the proxy's list",
    host: ["cd /etc/nanoclaw/egress/web.d; for list in *.conf; do cp $list $list.good; sed -i '/^http_access deny/d' $list; done; systemctl reload nanoclaw-web; sleep 3", "cd /etc/nanoclaw/egress/web.d; for list in *.conf; do mv $list.good $list; done; systemctl reload nanoclaw-web; sleep 3"],
    fails: ["egress-refused", "egress-logged"],
  },
];
