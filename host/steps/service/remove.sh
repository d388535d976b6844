#!/bin/bash
# Stops NanoClaw, which stops our containers, and takes its units and secrets. The rest of the state stays.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"

systemctl -q disable --now nanoclaw-paired.path nanoclaw.service 2>/dev/null || true
remove_rootfs
remove_path /etc/systemd/system/nanoclaw-paired.path /etc/systemd/system/nanoclaw.service.d /etc/nanoclaw/nanoclaw.env "${STATE}/.env"
systemctl daemon-reload
systemctl reset-failed nanoclaw.service 2>/dev/null || true
