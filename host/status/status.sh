#!/bin/sh
# Prints what `make status` shows of a host: raw text under lines `@@ name`, which scripts/status/readHost.ts reads.
# Read-only, POSIX sh. Streamed by ssh in one go with probe/probe.sh before it, whose JSON is then the first line.
# Whatever an agent could have written stands inside JSON, so that it cannot start a section of its own.
# The shell reads files itself: each program started costs a tenth of a second on an emulated host.
LC_ALL=C
export LC_ALL

section() { printf '@@ %s\n' "$1"; }

# first FILE: its first line, in ${line}.
first() {
  line=
  [ ! -r "$1" ] || read -r line <"$1" || :
}

# entry FILE KEY: the rest of the first line that begins with KEY, in ${value}; nothing when there is none.
entry() {
  value=
  [ -r "$1" ] || return 0
  while read -r key rest; do
    [ "${key}" != "$2" ] || { value=${rest}; break; }
  done <"$1"
}

# sample: what the cgroups have used so far, and the time. Two of them give the CPU use in between.
sample() {
  section sample
  first /proc/uptime
  printf 'uptime %s\n' "${line}"
  for directory in "${agents}" "${service}"; do
    entry "${directory}/cpu.stat" usage_usec
    [ -z "${value}" ] || printf '%s %s\n' "${directory##*/}" "${value}"
  done
}

usage() {
  section "usage $1"
  for file in memory.current memory.max cpu.max pids.current pids.max; do
    first "$2/${file}"
    printf '%s %s\n' "${file}" "${line}"
  done
  entry "$2/memory.events" oom_kill
  printf 'oom_kill %s\n' "${value}"
}

# left STEP KIND NAME: what a step left, by its facts; whether it is still so is the probe's part.
left() {
  value=
  [ -r "/var/lib/nanoclaw-runtime/steps/$1/facts" ] || return 0
  while read -r kind name rest; do
    [ "${kind} ${name}" != "$2 $3" ] || { value=${rest}; break; }
  done <"/var/lib/nanoclaw-runtime/steps/$1/facts"
}

uid=$(id -u nanoclaw 2>/dev/null) || uid=none
agents=/sys/fs/cgroup/user.slice/user-${uid}.slice/user@${uid}.service/nanoclaw.slice/nanoclaw-agents.slice
service=/sys/fs/cgroup/system.slice/nanoclaw.service

sample
section host
first /proc/loadavg
printf 'user %s\nload %s\n' "${uid}" "${line}"
entry /proc/meminfo MemAvailable:
printf 'available %s\n' "${value}"
[ ! -e /run/reboot-required ] || echo 'reboot required'

section disks
set -- /
for path in /home/nanoclaw /var/lib/nanoclaw; do
  [ ! -e "${path}" ] || set -- "$@" "${path}"
done
echo "$@"
df -Pk "$@" 2>/dev/null

section units
systemctl show -p Id -p LoadState -p UnitFileState -p ActiveState -p SubState -p Result -p NRestarts -p ActiveEnterTimestampMonotonic -p InactiveEnterTimestampMonotonic nanoclaw.service 'nanoclaw*' 2>/dev/null

section pairing
paired=
[ ! -r /etc/systemd/system/nanoclaw.service.d/pairing.conf ] || while IFS='=' read -r key rest; do
  [ "${key}" != ConditionPathExists ] || paired=${rest}
done </etc/systemd/system/nanoclaw.service.d/pairing.conf
[ -z "${paired}" ] || [ -e "${paired}" ] || printf '%s\n' "${paired}"

usage agents "${agents}"
usage service "${service}"
section containers
for scope in "${agents}"/libpod-*.scope; do
  case ${scope##*/} in
    libpod-conmon-* | 'libpod-*.scope') ;;
    *)
      first "${scope}/memory.current"
      printf '%s\n' "${line}"
      ;;
  esac
done

section installed
[ ! -r /etc/nanoclaw/nanoclaw.env ] || while IFS='=' read -r key rest; do
  [ "${key}" != MAX_CONCURRENT_CONTAINERS ] || printf 'containers %s\n' "${rest}"
done </etc/nanoclaw/nanoclaw.env
left release link /opt/nanoclaw/current
[ -z "${value}" ] || printf 'release %s\n' "${value##*/}"
entry /opt/nanoclaw/current/package.json '"version":'
printf 'nanoclaw %s\n' "${value}"
left node link /opt/nanoclaw/node/current
printf 'node %s\n' "${value##*/}"
left agentImage image localhost/nanoclaw-agent:latest
[ -z "${value}" ] || printf 'image %s\n' "${value}"

section policy
[ ! -r /etc/nanoclaw/guard.json ] || cat /etc/nanoclaw/guard.json

section guard
# Refusals are warnings and downgrades notices (host/guard/audit.ts); what was allowed is information and not read.
[ "${uid}" = none ] || journalctl -q -t nanoclaw-guard -p notice --since=-24h -n 1000 -r -o json --output-fields=MESSAGE 2>/dev/null

section denied
[ ! -x /opt/nanoclaw/lib/egress-denied.sh ] || /opt/nanoclaw/lib/egress-denied.sh -24h 2>/dev/null

section smoke
report=/var/lib/nanoclaw-runtime/last-smoke.json
if [ -r "${report}" ]; then
  stat -c %Y "${report}"
  cat "${report}"
  echo
fi

sample
