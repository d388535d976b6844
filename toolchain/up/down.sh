#!/usr/bin/env bash
# `make down`: destroys the dev stack and its VM. The disk with NanoClaw's state stays, unless DELETE_STATE=yes.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=SCRIPTDIR/phases.sh
. toolchain/up/phases.sh

start_log down
phase "tools" toolchain/setup.sh
# shellcheck disable=SC1091
. .state/env.sh
if ! pulumi stack ls --json | jq -e 'any(.[]; .name == "dev")' >/dev/null; then
  say "there is no dev stack: nothing to take down"
  exit 0
fi
phase "locks" toolchain/up/dead-locks.sh
phase "pulumi destroy" pulumi destroy --stack dev --yes --skip-preview --non-interactive --suppress-permalink --color always
# A VM whose creation was cut off is not in the stack's state, so destroy does not know of it.
for vm in .state/dev/vms/*/; do
  [[ -d ${vm} ]] || continue
  jq -n --arg name "$(basename "${vm}")" '{name: $name, stateDir: ".state/dev"}' | node toolchain/vm/cli.ts down
done
if [[ ${DELETE_STATE:-} == yes ]]; then
  rm -rf .state/dev/vms
  say "the state disk is deleted too"
else
  say "the state disk stays in .state/dev/vms; \`make up\` uses it again, \`make down DELETE_STATE=yes\` deletes it"
fi
