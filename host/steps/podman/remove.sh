#!/bin/bash
# Takes our containers, images, units and configuration. The user stays, for it owns the state; the packages stay, for
# others may use them by now; the state volume stays mounted.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"

if id "${NANOCLAW_USER}" >/dev/null 2>&1; then
  uid=$(nanoclaw_uid)
  if [[ -S /run/user/${uid}/bus ]]; then
    user_systemctl -q disable --now podman.socket nanoclaw-agents.slice nanoclaw-build.slice 2>/dev/null || true
    user_systemctl stop podman.service 2>/dev/null || true
  fi
  if command -v podman >/dev/null && [[ -d $(nanoclaw_home)/.local/share/containers ]]; then
    log "removing containers and images of user ${NANOCLAW_USER}"
    as_nanoclaw podman system reset --force >/dev/null 2>&1 || log "podman system reset failed; leftovers are below $(nanoclaw_home)/.local/share/containers"
    changed "containers and images removed"
  fi
  loginctl disable-linger "${NANOCLAW_USER}" || true
  systemctl stop "user@${uid}.service" || true
  remove_path "$(nanoclaw_home)/.config/containers"
fi
systemctl -q disable --now nanoclaw-imds.service 2>/dev/null || true
systemctl stop nanoclaw-build.slice nanoclaw.slice 2>/dev/null || true
remove_rootfs
systemctl daemon-reload
log "kept: user ${NANOCLAW_USER}, ${STATE}, the podman packages and /etc/apt"
