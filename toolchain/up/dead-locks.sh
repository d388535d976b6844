#!/usr/bin/env bash
# Takes away the dev stack's lock when the run that made it was killed on this machine: Pulumi would refuse every later
# run. A lock of a run that still goes, or of another machine's, stays, and Pulumi names it.
set -euo pipefail

for lock in "${1:-.state/pulumi}"/.pulumi/locks/organization/*/dev/*.json; do
  [[ -f ${lock} ]] || continue
  pid=$(jq -er --arg here "$(hostname)" 'select(.hostname == $here) | .pid' "${lock}") || continue
  [[ $(cat "/proc/${pid}/comm" 2>/dev/null) != pulumi* ]] || continue
  echo "an earlier run (process ${pid}, $(jq -r .timestamp "${lock}")) was killed: its lock is taken away"
  rm -f "${lock}"
done
