#!/bin/bash
# STAND-IN, only for tests: runs the Messages API stand-in on the host at http://192.0.2.1:8080.
# shellcheck source=../../../../host/lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"

readonly UNIT=nanoclaw-standin-messages-api.service

install_rootfs
log "STAND-IN: agents of this host talk to a made-up Messages API, not to Anthropic's"
if has_changed "${UNIT}"; then systemctl daemon-reload; fi
systemctl is-enabled -q "${UNIT}" || systemctl enable -q "${UNIT}"
if has_changed messages-api || ! systemctl is-active -q "${UNIT}"; then
  systemctl restart "${UNIT}"
  changed "${UNIT} (restarted)"
fi

for ((attempt = 0; attempt < 60; attempt++)); do
  if "${NODE}" -e 'fetch("http://192.0.2.1:8080/health").then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))' 9>&-; then
    exit 0
  fi
  sleep 0.5
done
journalctl -u "${UNIT}" -n 20 --no-pager -o cat 2>&1 | stream
die "standIns.messagesApi" "an answer from http://192.0.2.1:8080/health" "none within 30 seconds" "see the lines above"
