#!/bin/sh
# Stops the agent containers that the guard labelled as ours, and no others. Run by nanoclaw.service when it stops.
ids=$(podman ps -q --filter label=podman-nanoclaw-runtime=agent) || exit 0
[ -z "${ids}" ] && exit 0
# shellcheck disable=SC2086 # several ids
exec podman stop -t 5 ${ids}
