#!/bin/sh
# egress-ready.sh: waits, at most 20 seconds for each, until the second squid listens on the ports of all roles. The
# squid in front takes for dead what does not listen when it first looks.
set -eu
for file in /etc/nanoclaw/egress/web.d/*.port; do
  port=$(sed -n 's/^HELLO_PORT=//p' "${file}")
  address=$(printf '0100007F:%04X' "${port}")
  waited=0
  until awk -v address="${address}" '$2 == address && $4 == "0A" { found = 1 } END { exit !found }' /proc/net/tcp; do
    waited=$((waited + 1))
    [ "${waited}" -le 200 ] || { echo "nobody listens on port ${port}" >&2; exit 1; }
    sleep 0.1
  done
done
