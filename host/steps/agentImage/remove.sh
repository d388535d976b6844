#!/bin/bash
# Ends a build and takes our images; the podman step's remove takes the rest of the storage.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"

if [[ -S /run/user/$(id -u "${NANOCLAW_USER}" 2>/dev/null)/bus ]]; then
  user_systemctl stop nanoclaw-image-build.service 2>/dev/null || true
  as_nanoclaw podman ps -aq --filter label=podman-nanoclaw-runtime=agent | while read -r id; do
    as_nanoclaw podman rm -f -t 5 "${id}" >/dev/null </dev/null || true
  done
  as_nanoclaw podman images -q --filter label=podman-nanoclaw-runtime | sort -u | while read -r id; do
    as_nanoclaw podman rmi -f "${id}" >/dev/null </dev/null || true
    changed "image ${id} removed"
  done
fi
remove_path /run/nanoclaw-build
