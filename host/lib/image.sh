# shellcheck shell=bash
# shellcheck disable=SC2154 # NANOCLAW_* variables come from run-step.sh and step.sh
# Images of the service user; for the steps that build one. A build is a unit in nanoclaw-build.slice: so it has caps,
# and a name by which a later run finds and ends what a killed one left.

readonly BUILD_UNIT=nanoclaw-image-build.service
# Readable by the service user, gone with the next boot; holds no secret.
readonly BUILD_FILES=/run/nanoclaw-build

# forget_names NAME: takes the names of the other images of NAME's repository. What is built on them keeps their layers,
# and takes them along when it goes.
forget_names() {
  local name
  while IFS= read -r name; do
    [[ ${name} == "$1" ]] || as_nanoclaw podman untag "${name}" "${name}" >/dev/null
  done < <(jq -r --arg start "${1%:*}:" '.[].names[]? | select(startswith($start))' "$(nanoclaw_home)/.local/share/containers/storage/overlay-images/images.json")
}

# Exists from before a build until after it: then a killed one left something to clear away.
readonly BUILDING=/var/lib/nanoclaw-runtime/steps/${NANOCLAW_STEP}/building

# The id of an image by its full name, from podman's own index: podman takes a second under emulation, and this is asked often.
image_id() {
  jq -r --arg name "$1" 'first(.[] | select(.names // [] | index($name)) | .id) // empty' \
    "$(nanoclaw_home)/.local/share/containers/storage/overlay-images/images.json" 2>/dev/null || true
}

# files_hash DIRECTORY WORD…: one hash of the words and of all files there, with their modes.
files_hash() {
  local directory=$1
  shift
  {
    echo "$*"
    cd "${directory}" && find . -type f -printf '%m %p\n' | sort && find . -type f -print0 | sort -z | xargs -0 sha256sum
  } | sha256sum | cut -c1-16
}

# A name as docker understands it: node:22-slim is docker.io/library/node:22-slim.
full_name() {
  case $1 in
    localhost/* | *.*/* | *:*/*) printf '%s\n' "$1" ;;
    */*) printf 'docker.io/%s\n' "$1" ;;
    *) printf 'docker.io/library/%s\n' "$1" ;;
  esac
}

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
  chmod 0644 "${BUILD_FILES}"/{ca.crt,npmrc,apt.conf}
}

# Where the build runs: with a door, in a network that has nothing but that (NETWORK_WORDS), else as podman does.
prepare_network() {
  local door
  door=$(setting door)
  NETWORK_WORDS=() NETWORK_FLAGS=()
  [[ -n ${door} ]] || return 0
  [[ -S ${door} ]] || die "egress" "a door for builds at ${door}" "none" "see \`systemctl status nanoclaw-web.service\`; \`pulumi up\` opens it"
  apt_install socat iproute2
  NETWORK_WORDS=(podman unshare unshare --net -- "${NANOCLAW_LIB}/closed-network.sh" "${door}")
  NETWORK_FLAGS=(--network=host)
}

# build_image WHAT TAG ARGUMENT…: an image of this name by `podman build` with these arguments; WHAT is for people.
build_image() {
  local what=$1 tag=$2 timeout started=${SECONDS} code=0
  shift 2
  timeout=$(required timeoutSeconds)
  prepare_build_files
  prepare_network
  : >"${BUILDING}"
  log "building ${what} (at most ${timeout} s)"
  as_nanoclaw systemd-run --user --quiet --unit="${BUILD_UNIT}" --slice=nanoclaw-build.slice --wait --pipe --collect --service-type=exec \
    -p RuntimeMaxSec="${timeout}" -p OOMPolicy=continue -p KillMode=control-group -p Delegate=yes \
    -- "${NETWORK_WORDS[@]}" podman build "${NETWORK_FLAGS[@]}" --cgroup-parent=nanoclaw-build.slice --pull=never --layers --force-rm --tag "${tag}" \
    --volume "${BUILD_FILES}:/run/nanoclaw-build:ro" --volume "${BUILD_FILES}/npmrc:/usr/local/etc/npmrc:ro" \
    --volume "${BUILD_FILES}/apt.conf:/etc/apt/apt.conf.d/99nanoclaw-build:ro" "$@" \
    </dev/null 2>&1 | tee "${NANOCLAW_WORK}/build.log" | stream || code=$?
  if ((code)) || [[ -z $(image_id "${tag}") ]]; then
    explain_failure "${what}" "${code}" "${timeout}" "$((SECONDS - started))"
  fi
  rm -f "${BUILDING}"
  log "built in $((SECONDS - started)) s"
  changed "${tag}"
}

# explain_failure WHAT CODE TIMEOUT SECONDS: ends the step with what the build's log tells.
explain_failure() {
  local what=$1 code=$2 timeout=$3 took=$4 last
  last=$(tail -n 30 "${NANOCLAW_WORK}/build.log")
  # Its half-made containers and layers would fill the disk a little more each time.
  stop_leftovers
  if grep -qi 'no space left on device' <<<"${last}" || (($(df -Pm "$(nanoclaw_home)" | awk 'NR == 2 { print $4 }') < 100)); then
    die "disk" "room for ${what} on the file system of $(nanoclaw_home)" "$(df -Ph "$(nanoclaw_home)" | awk 'NR == 2 { print $4 }') free" "enlarge the disk or free space; the image in use was left as it is"
  fi
  if ((took >= timeout)); then
    die "timeoutSeconds" "${what} built in at most ${timeout} s" "a build that was still running" "see what it waits for in the lines above; the next run goes on from the finished layers"
  fi
  printf '%s\n' "the last lines of the build:" "${last}" >&2
  die "${what}" "a build that ends well" "exit code ${code}; its last lines are above" "mend what they say; the image in use was left as it is"
}
