# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # variables of and for apply.sh and step.sh
# The base image, under the name that the Dockerfile's FROM gives; sets BASE_ID and PULL.

# A name as docker understands it: node:22-slim is docker.io/library/node:22-slim.
full_name() {
  case $1 in
    localhost/* | *.*/* | *:*/*) printf '%s\n' "$1" ;;
    */*) printf 'docker.io/%s\n' "$1" ;;
    *) printf 'docker.io/library/%s\n' "$1" ;;
  esac
}

ensure_base() {
  local wanted
  [[ -n ${FROM} && ${FROM} != *'$'* ]] || die "agent image" "a FROM with a plain name" "${FROM:-none}" "this Dockerfile's first FROM has a variable: not supported"
  wanted=$(full_name "${FROM}")
  case $(required baseImage.kind) in
    archive) load_base "${wanted}" ;;
    registry) pull_base "${wanted}" ;;
    *) die "baseImage.kind" "registry or archive" "$(required baseImage.kind)" "correct it" ;;
  esac
  BASE_ID=$(image_id "${wanted}")
  [[ -n ${BASE_ID} ]] || die "baseImage" "an image ${wanted}" "none" "see \`podman images\` as nanoclaw"
}

# The checksum of the archive that was loaded last stands for it: the image's id is not known before loading.
load_base() {
  local file wanted sum loaded id record=/var/lib/nanoclaw-runtime/steps/agentImage/base
  wanted=$(required baseImage.sha256)
  id=$(image_id "$1")
  [[ -z ${id} || $(cat "${record}" 2>/dev/null) != "${wanted} ${id}" ]] || return 0
  file=$(uploaded "$(required baseImage.path)")
  [[ -f ${file} ]] || die "baseImage.path" "the archive at ${file} on the host" "no such file" "run \`pulumi up\`, which uploads it"
  sum=$(sha256sum "${file}")
  [[ ${sum%% *} == "${wanted}" ]] || die "baseImage.sha256" "${wanted}" "${sum%% *}" "the file is not the one that was pinned: correct the checksum, or the file"
  log "loading the base image $1 from its archive"
  loaded=$(as_nanoclaw podman load <"${file}" 2>"${NANOCLAW_WORK}/load.log") ||
    die "baseImage" "an OCI or docker archive" "$(tail -n 3 "${NANOCLAW_WORK}/load.log" | paste -sd' ')" "make it with \`podman save --format oci-archive\`; check the disk's free space"
  loaded=$(sed -n 's/^Loaded image[^:]*: *//p' <<<"${loaded}" | head -n 1)
  as_nanoclaw podman tag "${loaded}" "$1"
  printf '%s\n' "${wanted} $(image_id "$1")" >"${record}"
  changed "base image"
}

pull_base() {
  local reference
  reference=$(full_name "$(required baseImage.reference)")
  if [[ -z $(image_id "${reference}") ]]; then
    log "pulling ${reference}"
    as_nanoclaw podman pull -q "${reference}" >/dev/null 2>"${NANOCLAW_WORK}/pull.log" ||
      die "baseImage.reference" "an image that this host can pull" "${reference}: $(tail -n 3 "${NANOCLAW_WORK}/pull.log" | paste -sd' ')" \
        "check the name and the host's network, set sources.baseImage to a registry that can be reached, or give an OCI archive"
    changed "base image"
  fi
  [[ $(image_id "${reference}") == "$(image_id "$1")" ]] || as_nanoclaw podman tag "${reference}" "$1"
}
