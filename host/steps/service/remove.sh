#!/bin/bash
# Stops NanoClaw, which stops our containers, and takes its units and secrets. The rest of the state stays.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"
# shellcheck source=./environment.sh
source "${NANOCLAW_STEP_DIR}/environment.sh"

systemctl -q disable --now nanoclaw-paired.path nanoclaw.service 2>/dev/null || true
remove_rootfs
[[ $(readlink "${ALLOWLIST_LINK}") != "${ALLOWLIST}" ]] || remove_path "${ALLOWLIST_LINK}"
# The links of state into the release.
[[ ! -d ${STATE} ]] || find "${STATE}" -maxdepth 1 -type l -lname "${CURRENT}/*" -delete
remove_path "${CURRENT}" /etc/systemd/system/nanoclaw-paired.path /etc/systemd/system/nanoclaw.service.d "${SERVICE_ENVIRONMENT}" "${ALLOWLIST}" "${STATE}/.env"
systemctl daemon-reload
systemctl reset-failed nanoclaw.service 2>/dev/null || true
