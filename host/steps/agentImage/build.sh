# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of apply.sh and step.sh
# The build itself, as a unit of the service user in nanoclaw-build.slice: so it has caps, and a name by which a later
# run finds and ends what a killed one left.

readonly BUILD_UNIT=nanoclaw-image-build.service
# Readable by the service user, gone with the next boot; holds no secret.
readonly BUILD_FILES=/run/nanoclaw-build

# Exists from before a build until after it: then a killed one left something to clear away.
readonly BUILDING=/var/lib/nanoclaw-runtime/steps/agentImage/building

# Ends what a build left: its processes (also those of a RUN, which podman puts into a scope of its own), and its
# half-made container, which is no podman container and would hold its layers for ever.
stop_leftovers() {
  [[ -e ${BUILDING} ]] || return 0
  log "clearing away an interrupted build; its finished layers stay"
  user_systemctl stop "${BUILD_UNIT}" 2>/dev/null || true
  if grep -qs 'populated 1' "$(user_cgroup nanoclaw-build.slice)/cgroup.events"; then
    user_systemctl stop nanoclaw-build.slice
  fi
  user_systemctl start nanoclaw-build.slice
  user_systemctl reset-failed "${BUILD_UNIT}" 2>/dev/null || true
  local id
  while IFS= read -r id; do
    [[ -z ${id} ]] || as_nanoclaw podman rm -f "${id}" >/dev/null 2>&1 || true
  done < <(as_nanoclaw podman ps -a --external --format '{{.ID}} {{.Status}}' | awk 'tolower($2) == "storage" { print $1 }')
  rm -f "${BUILDING}"
}

# What the build may trust and where npm looks, by mounts on places of our own: nothing of it stays in the image, and
# a Dockerfile that installs ca-certificates can still replace the system's bundle.
prepare_build_files() {
  mkdir -p "${BUILD_FILES}"
  install -m 0644 /etc/ssl/certs/ca-certificates.crt "${BUILD_FILES}/ca.crt"
  printf 'registry=%s\ncafile=/run/nanoclaw-build/ca.crt\nupdate-notifier=false\nfund=false\naudit=false\n' "$(required npmRegistry)" >"${BUILD_FILES}/npmrc"
  printf 'Acquire::https::CAInfo "/run/nanoclaw-build/ca.crt";\nAcquire::Retries "3";\n' >"${BUILD_FILES}/apt.conf"
  chmod 0644 "${BUILD_FILES}"/*
}

build_image() {
  local timeout started=${SECONDS} code=0 last
  timeout=$(required timeoutSeconds)
  prepare_build_files
  : >"${BUILDING}"
  log "building the agent image from ${FROM} (at most ${timeout} s)"
  as_nanoclaw systemd-run --user --quiet --unit="${BUILD_UNIT}" --slice=nanoclaw-build.slice --wait --pipe --collect --service-type=exec \
    -p RuntimeMaxSec="${timeout}" -p OOMPolicy=continue -p KillMode=control-group -p Delegate=yes \
    -- podman build --cgroup-parent=nanoclaw-build.slice --pull=never --layers --force-rm --label "${LABEL}" --tag "${TAG}" \
    --volume "${BUILD_FILES}:/run/nanoclaw-build:ro" --volume "${BUILD_FILES}/npmrc:/usr/local/etc/npmrc:ro" \
    --volume "${BUILD_FILES}/apt.conf:/etc/apt/apt.conf.d/99nanoclaw-build:ro" --file "${CONTEXT}/Dockerfile" "${CONTEXT}" \
    </dev/null 2>&1 | tee "${NANOCLAW_WORK}/build.log" | stream || code=$?
  if ((code)) || [[ -z $(image_id "${TAG}") ]]; then
    last=$(tail -n 30 "${NANOCLAW_WORK}/build.log")
    # Its half-made containers and layers would fill the disk a little more each time.
    stop_leftovers
    if grep -qi 'no space left on device' <<<"${last}" || (($(df -Pm "$(nanoclaw_home)" | awk 'NR == 2 { print $4 }') < 100)); then
      die "disk" "room for the agent image on the file system of $(nanoclaw_home)" "$(df -Ph "$(nanoclaw_home)" | awk 'NR == 2 { print $4 }') free" "enlarge the disk or free space; the image in use was left as it is"
    fi
    if ((SECONDS - started >= timeout)); then
      die "timeoutSeconds" "a build of at most ${timeout} s" "one that was still running" "raise agentImage.timeoutSeconds, or see what it waits for in the lines above"
    fi
    printf '%s\n' "the last lines of the build:" "${last}" >&2
    die "agent image" "a build that ends well" "exit code ${code}; its last lines are above" "mend what they say; the image in use was left as it is"
  fi
  rm -f "${BUILDING}"
  log "built in $((SECONDS - started)) s"
  changed "${TAG}"
}
