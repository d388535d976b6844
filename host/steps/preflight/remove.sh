#!/bin/bash
# The last step to be removed: takes the bundle's files and the empty directories of ours. State stays.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"

remove_path /opt/nanoclaw/runtime /opt/nanoclaw/lib
for directory in /opt/nanoclaw/bin /opt/nanoclaw/node /opt/nanoclaw/releases /opt/nanoclaw /etc/nanoclaw; do
  rmdir "${directory}" 2>/dev/null || true
done
