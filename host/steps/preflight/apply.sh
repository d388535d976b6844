#!/bin/bash
# Tells the operator what this host is, once its first boot is over. It changes nothing and judges nothing else: the
# operator compares the facts with what the stack wants (components/hostChecks.ts), by the same rules at preview and at up.
set -euo pipefail
# shellcheck source=../../lib/messages.sh
source "${NANOCLAW_LIB:?}/messages.sh"
# shellcheck source=./cloudInit.sh
source "${NANOCLAW_STEP_DIR:?}/cloudInit.sh"

await_cloud_init
exec sh "${NANOCLAW_BUNDLE:?}/probe/probe.sh" </dev/null
