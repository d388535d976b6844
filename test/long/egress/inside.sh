#!/bin/bash
# Only for tests: runs a command as an agent's container of a role would: without a network, with the role's doors on
# ports of the loopback, as the service user. `inside.sh ROLE COMMAND…`
set -euo pipefail
role=$1
shift
export role
# shellcheck disable=SC2016 # expanded by the inner shell
exec unshare --net -- bash -c '
  ip link set lo up
  for door in web:3128 api:8088 git:8089; do
    socket=/run/nanoclaw-egress/${role}/${door%:*}.sock
    if [[ -S ${socket} ]]; then
      setpriv --reuid nanoclaw --regid nanoclaw --clear-groups socat "TCP-LISTEN:${door#*:},bind=127.0.0.1,fork,reuseaddr" "UNIX-CONNECT:${socket}" </dev/null >/dev/null 2>&1 &
    fi
  done
  sleep 0.5
  setpriv --reuid nanoclaw --regid nanoclaw --clear-groups "$@" || code=$?
  kill $(jobs -p) 2>/dev/null || true
  exit "${code:-0}"' inside "$@"
