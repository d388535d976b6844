#!/bin/sh
# How a host is, for people; read-only. Streamed over ssh by `make status`. The first line says what to do, if anything.
# Exit code 0 only when all is well.
set -u
unit_state() { systemctl is-active "$1" 2>/dev/null; }
uid=$(id -u nanoclaw 2>/dev/null) || { echo "not provisioned: run \`pulumi up\`"; exit 3; }
slice=/sys/fs/cgroup/user.slice/user-${uid}.slice/user@${uid}.service/nanoclaw.slice/nanoclaw-agents.slice
service=$(unit_state nanoclaw.service)
paired=$(systemctl show -P ConditionResult nanoclaw.service)
pairing_file=$(systemctl cat nanoclaw.service 2>/dev/null | sed -n 's/^ConditionPathExists=//p' | tail -n 1)
code=0
if [ "${service}" = active ]; then
  echo "well: nanoclaw.service is active"
elif [ -n "${pairing_file}" ] && [ ! -e "${pairing_file}" ]; then
  echo "waiting for pairing: NanoClaw starts by itself when ${pairing_file} exists (docs/TROUBLESHOOTING.md, \"Pairing\"); headless use works now: make chat"
else
  echo "not well: nanoclaw.service is ${service} (condition met: ${paired}); look at \`make logs\`"
  code=1
fi
# podman wants a directory that its user can enter.
cd / || exit 1
containers=$(runuser -u nanoclaw -- env -i HOME=/home/nanoclaw PATH=/usr/bin:/bin XDG_RUNTIME_DIR="/run/user/${uid}" \
  podman ps --quiet --filter label=podman-nanoclaw-runtime=agent 2>/dev/null | wc -l)
cap=$(sed -n 's/^MAX_CONCURRENT_CONTAINERS="\{0,1\}\([0-9]*\).*/\1/p' /etc/nanoclaw/nanoclaw.env 2>/dev/null)
echo "containers:  ${containers} of ${cap:-?}"
if [ -r "${slice}/memory.max" ]; then
  echo "agents:      memory $(($(cat "${slice}/memory.current") / 1048576)) of $(($(cat "${slice}/memory.max") / 1048576)) MiB, cpu.max $(cat "${slice}/cpu.max")"
else
  echo "agents:      no container has run since the host booted"
fi
echo "release:     $(basename "$(readlink /opt/nanoclaw/current 2>/dev/null || echo none)")"
echo "disk:        $(df -h --output=avail /var/lib/nanoclaw | tail -n 1 | tr -d ' ') free for state, $(df -h --output=avail /home/nanoclaw | tail -n 1 | tr -d ' ') for images"
exit "${code}"
