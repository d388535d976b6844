#!/bin/bash
# Tells the operator what this host is. It changes nothing and judges nothing: the operator compares the facts with what
# the stack wants (components/hostChecks.ts), by the same rules at preview and at up.
set -euo pipefail
exec sh "${NANOCLAW_BUNDLE:?}/probe/probe.sh" </dev/null
