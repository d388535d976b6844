# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of step.sh, which apply.sh sources first
# What podman and the kernel say in the end, whatever was written into files.

assert_resolved() {
  local info
  info=$(as_nanoclaw podman info --format json) || die "podman" "\`podman info\` to work for user ${NANOCLAW_USER}" "the error above" "see docs/TROUBLESHOOTING.md"
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

# assert_caps SLICE FIELD: the kernel's caps of the slice are those of the settings.
assert_caps() {
  local cgroup quota period wanted got page=4096
  cgroup=$(user_cgroup "$1")
  # The kernel counts in pages, and writes the CPU quota per period.
  wanted="memory $(($(required "$2.memoryMaxBytes") / page)) cpu $(required "$2.cpuQuotaPercent") tasks $(required "$2.tasksMax")"
  read -r quota period <"${cgroup}/cpu.max"
  got="memory $(($(<"${cgroup}/memory.max") / page)) cpu $((quota * 100 / period)) tasks $(<"${cgroup}/pids.max")"
  [[ ${got} == "${wanted}" ]] || die "$1 (pages, percent, tasks)" "${wanted}" "${got}" \
    "see \`systemctl --user cat $1\` as nanoclaw: a drop-in of the host's administrator may override it"
}
