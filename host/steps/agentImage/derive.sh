# shellcheck shell=bash
# shellcheck disable=SC2153,SC2154 # variables of apply.sh and step.sh
# Our image on top of NanoClaw's: another entrypoint, and the agent-runner compiled beforehand.

derive_image() {
  local context=${BUILD_FILES}/derived config user
  config=$(as_nanoclaw podman image inspect --format json "${UPSTREAM}" | jq -c '.[0].Config')
  user=$(jq -r '.User // ""' <<<"${config}")
  # The bundle is root's, the build the service user's.
  rm -rf "${context}"
  mkdir -p "${BUILD_FILES}"
  cp -r "${NANOCLAW_STEP_DIR}/derived" "${context}"
  jq -r '.Entrypoint // [] | .[]' <<<"${config}" >"${context}/rootfs/usr/local/lib/nanoclaw/entrypoint"
  [[ -s ${context}/rootfs/usr/local/lib/nanoclaw/entrypoint ]] ||
    die "agent image" "an ENTRYPOINT in ${CONTEXT}/Dockerfile" "none" "this NanoClaw's image starts otherwise: choose another commit"
  chmod -R u=rwX,go=rX "${context}"
  build_image "our image on top of it" "${TAG}" --layers=false --label podman-nanoclaw-runtime=image --build-arg UPSTREAM="${UPSTREAM}" \
    --build-arg UPSTREAM_USER="${user:-root}" --file "${context}/Containerfile" "${context}"
  rm -rf "${context}"
}
