#!/bin/sh
# Prints what a host is, and whether it still is as each step left it: HostFacts (contract/facts.ts), one JSON object.
# Read-only, and POSIX sh with nothing but the base system: it runs on hosts that may turn out to be no host for us.
# Streamed by ssh (`sh -s < probe.sh`, see elevate.sh), or run by the preflight step.
LC_ALL=C
export LC_ALL
PATH=${PATH}:/usr/local/sbin:/usr/sbin:/sbin

# text KEY VALUE: a member with a string. What needs no escape, and that is nearly all, costs no program.
text() {
  case $2 in
    *[!A-Za-z0-9\ ._/:+~\(\)-]*) printf '"%s":"%s"' "$1" "$(printf '%s' "$2" | tr -d '\000-\037' | sed 's/\\/\\\\/g; s/"/\\"/g')" ;;
    *) printf '"%s":"%s"' "$1" "$2" ;;
  esac
}

# existing PATH: it, or the nearest directory above it that exists, in ${path}: there it will be.
existing() {
  path=$1
  while [ ! -e "${path:-/}" ]; do path=${path%/*}; done
  path=${path:-/}
}

# Bytes free on the file systems of root, home and state, as members.
free_bytes() {
  existing /home/nanoclaw
  home=${path}
  existing /var/lib/nanoclaw
  df -Pk / "${home}" "${path}" 2>/dev/null |
    awk 'NR > 1 { free[NR - 1] = $4 * 1024 } END { printf "\"root\":%.0f,\"home\":%.0f,\"state\":%.0f", free[1], free[2], free[3] }'
}

has_sudo() {
  if [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; then printf true; else printf false; fi
}

# Every step's record, then its facts as they are, then a line `@drift <name> <directory>` for awk to judge them by.
facts_of_steps() {
  for directory in /var/lib/nanoclaw-runtime/steps/*/; do
    directory=${directory%/}
    record=
    [ ! -r "${directory}/record.json" ] || read -r record <"${directory}/record.json" || :
    [ -n "${record}" ] || continue
    printf '@step %s %s\n' "${directory##*/}" "${record}"
    # A step that did not end is planned again anyway.
    case ${record} in
      *'"complete":true'*)
        sh "${directory}/facts.sh" </dev/null 2>/dev/null
        printf '@drift %s\n' "${directory}/facts"
        ;;
    esac
  done
}

# The members of `steps`: generation, completeness, and `kind name` of every fact that is not as the step left it. One
# awk for all of them: a program started for each step would be most of the time that a probe takes.
steps() {
  facts_of_steps | awk '
    function number(text, key) { return match(text, "\"" key "\":[0-9]+") ? substr(text, RSTART + length(key) + 3, RLENGTH - length(key) - 3) : 0 }
    function finish() { if (open) printf "]}"; open = 0 }
    $1 == "@step" {
      finish(); split("", now); split("", left); split("", differs); fact = ""
      printf "%s\"%s\":{\"generation\":%s,\"complete\":%s,\"drift\":[", comma, $2, number($0, "generation"), ($0 ~ /"complete":true/ ? "true" : "false")
      open = 1; comma = ","
      next
    }
    $1 == "@drift" {
      while ((getline line < $2) > 0) left[line] = 1
      close($2)
      for (line in now) if (!(line in left)) { split(line, word, " "); differs[word[1] " " word[2]] = 1 }
      for (line in left) if (!(line in now)) { split(line, word, " "); differs[word[1] " " word[2]] = 1 }
      separator = ""
      for (fact in differs) { gsub(/["\\]/, "", fact); printf "%s\"%s\"", separator, fact; separator = "," }
      next
    }
    { now[$0] = 1 }
    END { finish() }'
}

ID=unknown VERSION_ID='' PRETTY_NAME=''
# shellcheck disable=SC1091
[ ! -r /etc/os-release ] || . /etc/os-release
cgroup=1
[ ! -f /sys/fs/cgroup/cgroup.controllers ] || cgroup=2
memory=0 id=''
[ ! -r /proc/meminfo ] || read -r _ memory _ </proc/meminfo
[ ! -r /etc/machine-id ] || read -r id </etc/machine-id || :
cpus=$(nproc 2>/dev/null || grep -c '^processor' /proc/cpuinfo)
# shellcheck disable=SC2046 # several words are wanted
set -- $(uname -r -m) $(systemctl --version 2>/dev/null)

printf '{"os":{'
text id "${ID}" && printf , && text versionId "${VERSION_ID}" && printf , && text prettyName "${PRETTY_NAME}"
printf '},'
text architecture "$2" && printf , && text kernel "$1" && printf , && text machineId "${id}"
printf ',"sudo":%s,"cgroupVersion":%s,"systemdVersion":%s,' "$(has_sudo)" "${cgroup}" "${4:-0}"
printf '"memoryBytes":%s,"cpus":%s,"diskFreeBytes":{%s},' "$((memory * 1024))" "${cpus:-0}" "$(free_bytes)"
printf '"steps":{%s}}\n' "$(steps)"
