#!/bin/sh
# Prints what a host is, and whether it still is as each step left it: HostFacts (contract/facts.ts), one JSON object.
# Read-only, and POSIX sh with nothing but the base system: it runs on hosts that may turn out to be no host for us.
# Streamed by ssh (`sh -s < probe.sh`, see elevate.sh), or run by the preflight step.
LC_ALL=C
export LC_ALL
PATH=${PATH}:/usr/local/sbin:/usr/sbin:/sbin

# A JSON string.
quote() {
  case $1 in
    *[!A-Za-z0-9\ ._/:+~\(\)-]*) printf '"%s"' "$(printf '%s' "$1" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g')" ;;
    *) printf '"%s"' "$1" ;;
  esac
}

# Bytes free on the file system that holds a path, or will hold it.
free_bytes() {
  path=$1
  while [ ! -e "${path}" ]; do path=$(dirname "${path}"); done
  df -Pk "${path}" 2>/dev/null | awk 'NR == 2 { printf "%.0f", $4 * 1024; found = 1 } END { if (!found) printf "0" }'
}

has_sudo() {
  if [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; then printf true; else printf false; fi
}

# `kind name` of every fact that is not as the step left it, one JSON string each.
drift() {
  (sh "$1/facts.sh" </dev/null 2>/dev/null) | awk -v recorded="$1/facts" '
    BEGIN { while ((getline line < recorded) > 0) left[line] = 1 }
    { now[$0] = 1; if (!($0 in left)) differs[$1 " " $2] = 1 }
    END {
      for (line in left) if (!(line in now)) { split(line, word, " "); differs[word[1] " " word[2]] = 1 }
      for (fact in differs) { gsub(/["\\]/, "", fact); printf "%s\"%s\"", separator, fact; separator = "," }
    }'
}

steps() {
  separator=
  for directory in /var/lib/nanoclaw-runtime/steps/*/; do
    directory=${directory%/}
    [ -r "${directory}/record.json" ] || continue
    generation=$(sed -n 's/.*"generation":\([0-9]*\).*/\1/p' "${directory}/record.json")
    complete=$(sed -n 's/.*"complete":\(true\|false\).*/\1/p' "${directory}/record.json")
    printf '%s%s:{"generation":%s,"complete":%s,"drift":[' "${separator}" "$(quote "${directory##*/}")" "${generation:-0}" "${complete:-false}"
    # A step that did not end is planned again anyway.
    [ "${complete}" != true ] || drift "${directory}"
    printf ']}'
    separator=,
  done
}

ID=unknown VERSION_ID='' PRETTY_NAME=''
# shellcheck disable=SC1091
[ ! -r /etc/os-release ] || . /etc/os-release
cgroup=1
[ ! -f /sys/fs/cgroup/cgroup.controllers ] || cgroup=2
systemd=$(systemctl --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')
memory=$(awk '$1 == "MemTotal:" { printf "%.0f", $2 * 1024 }' /proc/meminfo)
cpus=$(nproc 2>/dev/null || grep -c '^processor' /proc/cpuinfo)

printf '{"os":{"id":%s,"versionId":%s,"prettyName":%s},' "$(quote "${ID}")" "$(quote "${VERSION_ID}")" "$(quote "${PRETTY_NAME}")"
printf '"architecture":%s,"kernel":%s,"sudo":%s,' "$(quote "$(uname -m)")" "$(quote "$(uname -r)")" "$(has_sudo)"
printf '"machineId":%s,' "$(quote "$(cat /etc/machine-id 2>/dev/null)")"
printf '"cgroupVersion":%s,"systemdVersion":%s,"memoryBytes":%s,"cpus":%s,' "${cgroup}" "${systemd:-0}" "${memory:-0}" "${cpus:-0}"
printf '"diskFreeBytes":{"root":%s,"home":%s,"state":%s},' "$(free_bytes /)" "$(free_bytes /home/nanoclaw)" "$(free_bytes /var/lib/nanoclaw)"
printf '"steps":{%s}}\n' "$(steps)"
