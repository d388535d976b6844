#!/bin/bash
# Closes the doors and takes the credentials. The packages stay, for others may use them by now.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"

for link in /etc/systemd/system/sockets.target.wants/nanoclaw-web-door@*.socket; do
  [[ -L ${link} ]] || continue
  unit=$(basename "${link}")
  systemctl -q disable --now "${unit}" 2>/dev/null || true
  systemctl stop "${unit%.socket}.service" 2>/dev/null || true
done
systemctl -q disable --now nanoclaw-gateway.service nanoclaw-web.service nanoclaw-hello.service 2>/dev/null || true
remove_rootfs
remove_path /etc/nanoclaw/egress /etc/tmpfiles.d/nanoclaw-egress.conf /run/nanoclaw-egress /run/nanoclaw-loaded
systemctl daemon-reload
systemctl reset-failed 'nanoclaw-gateway*' 'nanoclaw-web*' nanoclaw-hello.service 2>/dev/null || true
for user in nanoclaw-gateway nanoclaw-web; do
  ! id "${user}" >/dev/null 2>&1 || userdel "${user}" 2>/dev/null || true
done
