#!/bin/bash
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"
remove_path /opt/nanoclaw/lib/smoke.cjs /opt/nanoclaw/lib/insideProbe.cjs /opt/nanoclaw/lib/egressProbe.cjs /opt/nanoclaw/lib/chat.cjs /opt/nanoclaw/lib/pair.cjs /opt/nanoclaw/lib/register.cjs \
  /etc/nanoclaw/smoke.json /var/lib/nanoclaw-runtime/last-smoke.json
