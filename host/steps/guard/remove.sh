#!/bin/bash
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"
remove_rootfs
remove_path /opt/nanoclaw/lib/guard.cjs /etc/nanoclaw/guard.json
