#!/bin/sh
# Prints what `make status` shows of a host: raw text under lines `@@ name`, which scripts/status/readHost.ts reads.
# Read-only, POSIX sh. Streamed by ssh in one go with probe/probe.sh before it, whose JSON is then the first line.
# Whatever an agent could have written stands inside JSON, so that it cannot start a section of its own.
LC_ALL=C
export LC_ALL

section() { printf '@@ %s\n' "$1"; }

# value FILE: its first line, or nothing.
value() {
  line=
  [ ! -r "$1" ] || read -r line <"$1" || :
  printf '%s\n' "${line}"
}

# sample: what the cgroups have used so far, and the time. Two of them give the CPU use in between.
sample() {
  section sample
  printf 'uptime %s\n' "$(value /proc/uptime)"
  for directory in "${agents}" "${service}"; do
    [ ! -r "${directory}/cpu.stat" ] || while read -r key used; do
      [ "${key}" != usage_usec ] || printf '%s %s\n' "${directory##*/}" "${used}"
    done <"${directory}/cpu.stat"
  done
}

usage() {
  section "usage $1"
  for file in memory.current memory.max cpu.max pids.current pids.max; do
    printf '%s %s\n' "${file}" "$(value "$2/${file}")"
  done
  [ ! -r "$2/memory.events" ] || sed -n 's/^oom_kill /oom_kill /p' "$2/memory.events"
}

uid=$(id -u nanoclaw 2>/dev/null) || uid=none
agents=/sys/fs/cgroup/user.slice/user-${uid}.slice/user@${uid}.service/nanoclaw.slice/nanoclaw-agents.slice
service=/sys/fs/cgroup/system.slice/nanoclaw.service

sample
section host
printf 'root %s\nuser %s\nload %s\n' "$(id -u)" "${uid}" "$(value /proc/loadavg)"
sed -n 's/^MemAvailable: *\([0-9]*\) kB/available \1/p' /proc/meminfo
[ ! -e /run/reboot-required ] || echo 'reboot required'

section disks
for path in / /home/nanoclaw /var/lib/nanoclaw; do
  [ ! -e "${path}" ] || df -Pk "${path}" 2>/dev/null | sed -n "2s|\$| ${path}|p"
done

section units
systemctl show -p Id -p LoadState -p ActiveState -p Result -p NRestarts -p ActiveEnterTimestampMonotonic -p InactiveEnterTimestampMonotonic nanoclaw.service 2>/dev/null
section failed
systemctl list-units --failed --plain --no-legend 'nanoclaw*' 2>/dev/null

section pairing
paired=$(sed -n 's/^ConditionPathExists=//p' /etc/systemd/system/nanoclaw.service.d/pairing.conf 2>/dev/null)
[ -z "${paired}" ] || [ -e "${paired}" ] || printf '%s\n' "${paired}"

usage agents "${agents}"
usage service "${service}"
section containers
for scope in "${agents}"/libpod-*.scope; do
  case ${scope##*/} in
    libpod-conmon-* | 'libpod-*.scope') ;;
    *) value "${scope}/memory.current" ;;
  esac
done

section installed
sed -n 's/^MAX_CONCURRENT_CONTAINERS="\{0,1\}\([0-9]*\).*/containers \1/p' /etc/nanoclaw/nanoclaw.env 2>/dev/null
release=$(readlink /opt/nanoclaw/current 2>/dev/null) && printf 'release %s\n' "${release##*/}"
sed -n 's/^  *"version": *"\([^"]*\)".*/nanoclaw \1/p' /opt/nanoclaw/current/package.json 2>/dev/null | head -n 1
node=$(readlink /opt/nanoclaw/node/current 2>/dev/null) && printf 'node %s\n' "${node##*/}"
sed -n 's/^image localhost\/nanoclaw-agent:latest /image /p' /var/lib/nanoclaw-runtime/steps/agentImage/facts 2>/dev/null

section policy
[ ! -r /etc/nanoclaw/guard.json ] || tr -d '\n' </etc/nanoclaw/guard.json
echo

section guard
# Refusals are warnings and downgrades notices (host/guard/audit.ts); what was allowed is information and not read.
[ "${uid}" = none ] || journalctl -q -t nanoclaw-guard -p notice --since=-24h -n 1000 -r -o json --output-fields=MESSAGE 2>/dev/null

section denied
[ ! -x /opt/nanoclaw/lib/denied-domains ] || /opt/nanoclaw/lib/denied-domains 2>/dev/null

section smoke
report=/var/lib/nanoclaw-runtime/last-smoke.json
[ ! -r "${report}" ] || { stat -c %Y "${report}" && tr -d '\n' <"${report}" && echo; }

sample
