#!/bin/bash
# Puts our `docker` ahead of podman-docker's in the service's PATH, with its policy. Needs podman and Node.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"

readonly POLICY=/etc/nanoclaw/guard.json

jq -e '.policy | type == "object"' "${NANOCLAW_WORK}/settings.json" >/dev/null || die "policy" "a guard policy" "none" "update the operator"
# Readable by the service user, which obeys it; writable by root alone.
jq -S .policy "${NANOCLAW_WORK}/settings.json" >"${NANOCLAW_WORK}/guard.json"
# The policy first: a guard without one refuses everything, a guard with the next version's refuses too little to matter.
install_file "${NANOCLAW_WORK}/guard.json" "${POLICY}"
install_file "${NANOCLAW_BUNDLE}/programs/guard.cjs" /opt/nanoclaw/lib/guard.cjs
install_rootfs

found=$(AS_NANOCLAW_PATH=${SERVICE_PATH} as_nanoclaw sh -c 'command -v docker')
[[ ${found} == /opt/nanoclaw/bin/docker ]] || die "docker in the service's PATH" "/opt/nanoclaw/bin/docker" "${found:-none}" "remove the other one"
# NanoClaw's own health check, through the guard, as the service will call it.
AS_NANOCLAW_PATH=${SERVICE_PATH} as_nanoclaw docker info >/dev/null ||
  die "guard" "\`docker info\` to pass" "the error above" "see \`journalctl -t nanoclaw-guard\` and ${POLICY}"
