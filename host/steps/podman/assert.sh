# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of step.sh, which apply.sh sources first
# What podman and the kernel say in the end, whatever was written into files.

assert_resolved() {
  local info
  info=$(as_nanoclaw /opt/nanoclaw/lib/podman-ready.sh --format json) || die "podman" "\`podman info\` to work for user ${NANOCLAW_USER}" "the error above" "look for it among the known traps in docs/TROUBLESHOOTING.md, such as subordinate ids and AppArmor"
  # One jq program looks at all of it, and prints the lines that differ.
  local field wanted got remedy
  while IFS='~' read -r field wanted got remedy; do
    die "podman ${field}" "${wanted}" "${got}" "${remedy}"
  done < <(jq -r '
    ["rootless", .host.security.rootless, "true", "podman must run as user nanoclaw"],
    ["cgroup version", .host.cgroupVersion, "v2", "boot with systemd.unified_cgroup_hierarchy=1 or use a distribution of today"],
    ["cgroup manager", .host.cgroupManager, "systemd", "install dbus-user-session and restart the user manager of nanoclaw"],
    ["runtime", .host.ociRuntime.name, "crun", "install crun"],
    ["storage driver", .store.graphDriverName, "overlay", "load the overlay module; storage once made with vfs needs podman system reset as nanoclaw"],
    ["native overlay", .store.graphStatus["Native Overlay Diff"], "true", "use a kernel of 5.13 or later"],
    ["delegated controllers", ([.host.cgroupControllers[] | select(. == ("cpu", "memory", "pids"))] | sort | join(" ")), "cpu memory pids",
      "the user manager must delegate them: systemctl show user@.service -p DelegateControllers"]
    | select((.[1] | tostring) != .[2]) | "\(.[0])~\(.[2])~\(.[1])~\(.[3])"' <<<"${info}")
  assert_caps nanoclaw-agents.slice agentsSlice
  assert_caps nanoclaw-build.slice buildSlice
  nft list table inet nanoclaw_imds >/dev/null || die "metadata service" "to be blocked for agents" "no nft table nanoclaw_imds" "see \`systemctl status nanoclaw-imds\`"
  [[ -S /run/user/$(nanoclaw_uid)/podman/podman.sock ]] || die "podman.socket" "a socket" "none" "see \`systemctl --user status podman.socket\` as nanoclaw"
}

# wanted_caps FIELD: the caps of the settings, as kernel_caps prints those of a slice.
wanted_caps() {
  printf 'memory %s cpu %s tasks %s\n' "$(($(required "$1.memoryMaxBytes") / 4096))" "$(required "$1.cpuQuotaPercent")" "$(required "$1.tasksMax")"
}

# kernel_caps SLICE: memory in pages, as the kernel counts; CPU in percent, which the kernel keeps per period.
kernel_caps() {
  local cgroup memory quota period tasks
  cgroup=$(user_cgroup "$1")
  read -r memory <"${cgroup}/memory.max" && read -r quota period <"${cgroup}/cpu.max" && read -r tasks <"${cgroup}/pids.max" || return 0
  [[ ${memory} != max ]] || memory=0
  [[ ${quota} != max ]] || quota=0
  printf 'memory %s cpu %s tasks %s\n' "$((memory / 4096))" "$((quota * 100 / period))" "${tasks}"
}

# apply_caps SLICE FIELD: a daemon-reload reads a changed unit, but leaves the cgroup of a running slice as it is.
apply_caps() {
  [[ $(kernel_caps "$1") != "$(wanted_caps "$2")" ]] || return 0
  user_systemctl set-property --runtime "$1" MemoryMax="$(required "$2.memoryMaxBytes")" \
    CPUQuota="$(required "$2.cpuQuotaPercent")%" TasksMax="$(required "$2.tasksMax")"
  changed "caps of $1"
}

# assert_caps SLICE FIELD: the kernel's caps of the slice are those of the settings.
assert_caps() {
  local wanted got
  wanted=$(wanted_caps "$2")
  got=$(kernel_caps "$1")
  [[ ${got} == "${wanted}" ]] || die "$1 (pages, percent, tasks)" "${wanted}" "${got}" \
    "see \`systemctl --user cat $1\` as nanoclaw: a drop-in of the host's administrator may override it"
}
