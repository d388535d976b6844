#!/bin/sh
sha256sum /opt/nanoclaw/lib/smoke.cjs /opt/nanoclaw/lib/insideProbe.cjs /opt/nanoclaw/lib/egressProbe.cjs /opt/nanoclaw/lib/chat.cjs /opt/nanoclaw/lib/pair.cjs /opt/nanoclaw/lib/register.cjs /etc/nanoclaw/smoke.json 2>/dev/null |
  while read -r sum file; do echo "file ${file} ${sum}"; done
