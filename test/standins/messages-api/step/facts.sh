#!/bin/sh
# STAND-IN, only for tests: what the probe compares for drift.
sha256sum /usr/local/lib/nanoclaw-standin/messages-api/* /etc/systemd/system/nanoclaw-standin-messages-api.service 2>/dev/null |
  while read -r sum file; do echo "file ${file} ${sum}"; done
echo "unit nanoclaw-standin-messages-api.service $(systemctl is-active nanoclaw-standin-messages-api.service 2>/dev/null)"
