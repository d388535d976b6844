#!/bin/bash
# STAND-IN, only for tests: removes the Messages API stand-in.
# shellcheck source=../../../../host/lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"

if [[ -e /etc/systemd/system/nanoclaw-standin-messages-api.service ]]; then
  systemctl disable -q --now nanoclaw-standin-messages-api.service || true
fi
remove_rootfs
remove_path /usr/local/lib/nanoclaw-standin/messages-api
rmdir --ignore-fail-on-non-empty /usr/local/lib/nanoclaw-standin 2>/dev/null || true
systemctl daemon-reload
