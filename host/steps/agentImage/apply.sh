#!/bin/bash
# The image that agents run in: NanoClaw's own, built from its Dockerfile, and ours on top (derived/), each once per
# content. A build that fails leaves the image in use as it is.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"
# shellcheck source=../../lib/image.sh
source "${NANOCLAW_LIB}/image.sh"
# shellcheck source=./derive.sh
source "${NANOCLAW_STEP_DIR}/derive.sh"

readonly REPOSITORY=localhost/nanoclaw-agent
# NanoClaw's own image, which ours is built on.
readonly UPSTREAM_REPOSITORY=localhost/nanoclaw-upstream
readonly WARMED=/var/lib/nanoclaw-runtime/steps/agentImage/warmed
CONTEXT=${RELEASES}/$(required releaseId)/container

# Podman makes a copy of the image for the containers' uid mapping at its first use: now, and not at the first message.
warm_up() {
  [[ $(cat "${WARMED}" 2>/dev/null) != "$1" ]] || return 0
  log "warming up the image for the containers' user"
  as_nanoclaw podman run --rm --pull=never --network=none --userns=keep-id:uid=1000,gid=1000 --user 1000:1000 \
    --cgroup-parent=nanoclaw-agents.slice --entrypoint /bin/true "$1" </dev/null ||
    die "agent image" "a container of it to start" "the podman error above" "see the lines above; \`podman info\` as nanoclaw"
  printf '%s\n' "$1" >"${WARMED}"
  changed "image warmed up"
}

# Images of ours beyond the bound, oldest first; never one that is tagged as in use or that a container uses.
prune_images() {
  local keep id count=0
  keep=$(required keepImages)
  forget_names "${UPSTREAM}"
  while IFS= read -r id; do
    [[ -n ${id} && sha256:${id#sha256:} != "sha256:$1" ]] || continue
    count=$((count + 1))
    if ((count > keep)) && as_nanoclaw podman rmi --force=false "${id}" >/dev/null 2>&1; then
      changed "image ${id:0:12} removed"
    fi
  done < <(as_nanoclaw podman images --no-trunc --filter "label=podman-nanoclaw-runtime=image" --sort created --format '{{.ID}}' | sed 's/^sha256://' | awk '!seen[$0]++')
}

[[ -f ${CONTEXT}/Dockerfile ]] || die "agent image" "${CONTEXT}/Dockerfile" "none" "this NanoClaw has no container/Dockerfile: choose another commit"
stop_leftovers
BASE=$(required base.tag)
[[ -n $(image_id "${BASE}") ]] || die "baseImage" "${BASE} on this host" "none" "run \`pulumi up\`: the baseImage step makes it"
FROM=$(awk 'toupper($1) == "FROM" { for (i = 2; i <= NF; i++) if ($i !~ /^--/) { print $i; exit } }' "${CONTEXT}/Dockerfile")
[[ $(full_name "${FROM}") == "$(required base.reference)" ]] ||
  log "NanoClaw's Dockerfile starts from ${FROM}; it is built from $(required base.reference) (sources.baseImage)"

# Everything that shapes NanoClaw's image: its files, the base, where packages come from, and the way we build (this
# directory's digest would rebuild for a comment: raise the number instead). Ours is shaped by that and by derived/.
UPSTREAM_HASH=$(files_hash "${CONTEXT}" 2 "$(required npmRegistry)" "${BASE}")
UPSTREAM=${UPSTREAM_REPOSITORY}:${UPSTREAM_HASH}
TAG=${REPOSITORY}:$(files_hash "${NANOCLAW_STEP_DIR}/derived" "${UPSTREAM_HASH}")
if [[ -z $(image_id "${TAG}") ]]; then
  [[ -n $(image_id "${UPSTREAM}") ]] ||
    build_image "NanoClaw's image from ${FROM}" "${UPSTREAM}" --label podman-nanoclaw-runtime=part --from "${BASE}" --file "${CONTEXT}/Dockerfile" "${CONTEXT}"
  derive_image
fi
id=$(image_id "${TAG}")
name=$(required imageName)
# A short name would be looked for in registries; local images answer to localhost/.
[[ ${name} == */* ]] || name=localhost/${name}
warm_up "${id}"
if [[ $(image_id "${name}") != "${id}" ]]; then
  as_nanoclaw podman tag "${TAG}" "${name}"
  changed "${name}"
fi
if has_changed "${REPOSITORY}"; then
  prune_images "${id}"
fi

# What podman itself makes of the name that NanoClaw runs.
resolved=$(as_nanoclaw podman image inspect --format '{{.Id}}' "$(required imageName)" || true)
[[ -n ${id} && ${resolved} == "${id}" ]] ||
  die "imageName" "$(required imageName) to be ${TAG}" "${resolved:-no image}" "another image has this name: \`podman images\` as nanoclaw"
jq -cn --arg imageId "${id}" --arg tag "${TAG}" '{imageId: $imageId, tag: $tag}'
