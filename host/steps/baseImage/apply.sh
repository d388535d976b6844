#!/bin/bash
# The base image, and the same with what our entrypoint needs (tools/), which NanoClaw's Dockerfile is built from. A step
# of its own, because it needs no release: both are fetched side by side.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"
# shellcheck source=../../lib/image.sh
source "${NANOCLAW_LIB}/image.sh"

# The checksum of the archive that was loaded last stands for it: the image's id is not known before loading.
load_base() {
  local file wanted sum loaded id record=/var/lib/nanoclaw-runtime/steps/baseImage/archive
  wanted=$(required sha256)
  id=$(image_id "${REFERENCE}")
  [[ -z ${id} || $(cat "${record}" 2>/dev/null) != "${wanted} ${id}" ]] || return 0
  file=$(uploaded "$(required path)")
  [[ -f ${file} ]] || die "baseImage.path" "the archive at ${file} on the host" "no such file" "run \`pulumi up\`, which uploads it"
  sum=$(sha256sum "${file}")
  [[ ${sum%% *} == "${wanted}" ]] || die "baseImage.sha256" "${wanted}" "${sum%% *}" "the file is not the one that was pinned: correct the checksum, or the file"
  log "loading the base image ${REFERENCE} from its archive"
  loaded=$(as_nanoclaw podman load <"${file}" 2>"${NANOCLAW_WORK}/load.log") ||
    die "baseImage" "an OCI or docker archive" "$(tail -n 3 "${NANOCLAW_WORK}/load.log" | paste -sd' ')" "make it with \`podman save --format oci-archive\`; check the disk's free space"
  loaded=$(sed -n 's/^Loaded image[^:]*: *//p' <<<"${loaded}" | head -n 1)
  as_nanoclaw podman tag "${loaded}" "${REFERENCE}"
  printf '%s\n' "${wanted} $(image_id "${REFERENCE}")" >"${record}"
  changed "base image"
}

pull_base() {
  [[ -z $(image_id "${REFERENCE}") ]] || return 0
  log "pulling ${REFERENCE}"
  as_nanoclaw podman pull -q "${REFERENCE}" >/dev/null 2>"${NANOCLAW_WORK}/pull.log" ||
    die "baseImage.reference" "an image that this host can pull" "${REFERENCE}: $(tail -n 3 "${NANOCLAW_WORK}/pull.log" | paste -sd' ')" \
      "check the name and the host's network, set sources.baseImage to a registry that can be reached, or give an OCI archive"
  changed "base image"
}

# The host's mirror, for the image's Debian: without the distribution's directory, which the image's own sources name. A
# mirror that was given as Ubuntu's has no Debian.
debian_mirror() {
  local mirror
  mirror=$(setting aptMirror)
  mirror=${mirror%/}
  [[ ${mirror} == */ubuntu || ${mirror} == */ubuntu-ports ]] || printf '%s\n' "${mirror%/debian}"
}

note_upload "$(setting path)"
REFERENCE=$(full_name "$(required reference)")
stop_leftovers
case $(required kind) in
  archive) load_base ;;
  registry) pull_base ;;
  *) die "baseImage.kind" "registry or archive" "$(required kind)" "correct it" ;;
esac
base=$(image_id "${REFERENCE}")
[[ -n ${base} ]] || die "baseImage" "an image ${REFERENCE}" "none" "see \`podman images\` as nanoclaw"
MIRROR=$(debian_mirror)
TAG=localhost/nanoclaw-base:$(files_hash "${NANOCLAW_STEP_DIR}/tools" "${base}" "${MIRROR}")
if [[ -z $(image_id "${TAG}") ]]; then
  build_image "the base image with our tools" "${TAG}" --layers=false --label podman-nanoclaw-runtime=part \
    --build-arg BASE="${REFERENCE}" --build-arg APT_MIRROR="${MIRROR}" --file "${NANOCLAW_STEP_DIR}/tools/Containerfile" "${NANOCLAW_STEP_DIR}/tools"
  forget_names "${TAG}"
fi
jq -cn --arg tag "${TAG}" --arg reference "${REFERENCE}" '{tag: $tag, reference: $reference}'
