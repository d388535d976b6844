#!/bin/sh
sha256sum /etc/nanoclaw/guard.json /opt/nanoclaw/lib/guard.cjs /opt/nanoclaw/bin/docker /opt/nanoclaw/bin/nanoclaw-guard 2>/dev/null |
  while read -r sum file; do echo "file ${file} ${sum}"; done
stat -c 'owner %n %U:%G %a' /etc/nanoclaw/guard.json 2>/dev/null || true
