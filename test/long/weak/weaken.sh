#!/bin/bash
# STAND-IN for whoever weakens a host, on the host, as root:
#
#   weaken.sh JQ-FILTER [PODMAN-FLAG…]    changes the guard's policy, and what podman gets besides
#   weaken.sh                             undoes it
set -euo pipefail
policy=/etc/nanoclaw/guard.json
[[ -f ${policy}.good ]] || cp -p "${policy}" "${policy}.good"
if (($# == 0)); then
  cp -p "${policy}.good" "${policy}"
  exit
fi
filter=$1
shift
if (($# > 0)); then
  printf '%s\n' "$@" >/etc/nanoclaw/weak-flags
  filter="${filter} | .podman = \"/usr/local/bin/weak-podman\""
fi
jq "${filter}" "${policy}.good" >"${policy}"
