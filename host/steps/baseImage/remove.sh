#!/bin/bash
# Ends a build; the image goes with those that are built on it (agentImage), or with the podman step's storage.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"

if [[ -S /run/user/$(id -u "${NANOCLAW_USER}" 2>/dev/null)/bus ]]; then
  user_systemctl stop nanoclaw-image-build.service 2>/dev/null || true
fi
