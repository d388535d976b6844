#!/bin/bash
# Takes the code, and the links to it; state stays.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"

systemctl stop nanoclaw-release-build.service 2>/dev/null || true
if [[ -d ${STATE} ]]; then
  find "${STATE}" -maxdepth 1 -type l -lname "${CURRENT}/*" -delete
fi
remove_path "${CURRENT}" /opt/nanoclaw/releases /var/cache/nanoclaw
log "kept: the state in ${STATE}"
