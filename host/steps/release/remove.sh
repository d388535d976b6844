#!/bin/bash
# Takes the code; state stays.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"

systemctl stop nanoclaw-release-build.service 2>/dev/null || true
remove_path "${RELEASES}" /var/cache/nanoclaw
log "kept: the state in ${STATE}"
