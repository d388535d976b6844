#!/bin/bash
# NanoClaw at one commit: fetched and built by a user without rights, then made root's. The service step switches to it,
# when its image is there too.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"
# shellcheck source=./fetch.sh
source "${NANOCLAW_STEP_DIR}/fetch.sh"

readonly BUILDING=${RELEASES}/.building
readonly CACHE=/var/cache/nanoclaw
readonly UNIT=nanoclaw-release-build.service
readonly KEEP=3

# run_build COMMAND…: runs it in the build directory as the service user, but without that user's home, state or
# session: it is other people's code (npm's install scripts). A unit with a name, so that a later run can end it.
run_build() {
  systemd-run --quiet --unit="${UNIT}" --slice=nanoclaw-build.slice --wait --pipe --collect --service-type=exec \
    -p User="${NANOCLAW_USER}" -p WorkingDirectory="${BUILDING}/source" -p NoNewPrivileges=yes -p PrivateTmp=yes -p PrivateDevices=yes \
    -p ProtectSystem=strict -p ProtectHome=yes -p ReadWritePaths="${BUILDING} ${CACHE}" -p InaccessiblePaths="-${STATE} -/etc/nanoclaw -/run/user" \
    -p CapabilityBoundingSet= -p RuntimeMaxSec=1800 -p OOMPolicy=continue \
    -E HOME="${CACHE}" -E PATH=/opt/nanoclaw/node/current/bin:/usr/local/bin:/usr/bin:/bin -E LC_ALL=C.UTF-8 -E CI=1 \
    -E npm_config_registry="$(required npmRegistry)" -E npm_config_cache="${CACHE}/npm" -E npm_config_update_notifier=false \
    -E npm_config_audit=false -E npm_config_fund=false -E npm_config_nodedir=/opt/nanoclaw/node/current \
    -E NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt -E GIT_SSL_CAINFO=/etc/ssl/certs/ca-certificates.crt -- /usr/bin/env "$@" </dev/null 9>&-
}

# build_or_die WHAT REMEDY COMMAND…: streams the command's output; its last lines are the error.
build_or_die() {
  local what=$1 remedy=$2
  shift 2
  log "${what}"
  if ! run_build "$@" 2>&1 | tee "${NANOCLAW_WORK}/build.log" | stream; then
    die "${what}" "exit code 0" "an error: $(tail -n 30 "${NANOCLAW_WORK}/build.log" | paste -sd' ' | tail -c 1500)" "${remedy}"
  fi
}

build() {
  log "release ${ID} is not on this host yet"
  build_or_die "npm ci" "see the lines above; a git or registry address in package-lock.json may not be reachable from the host (settings: sources.npmRegistry, sources.trustedCaCertificates)" \
    npm ci --no-progress
  if jq -e .scripts.build package.json >/dev/null; then
    build_or_die "npm run build" "this commit does not build with Node $("${NODE}" --version): choose another commit or Node" npm run build
  fi
  # Nobody but root may write to it from here on. (Not 0555: NanoClaw copies parts of it with their modes, to write there.)
  chown -R root:root "${BUILDING}/source"
  chmod -R u=rwX,go=rX "${BUILDING}/source"
  sync -f "${BUILDING}"
  mv -T "${BUILDING}/source" "${RELEASES}/${ID}"
  changed "release ${ID}"
}

# The newest few stay for going back; this one and the one that runs always.
prune() {
  local directory count=0 current
  current=$(readlink -f "${CURRENT}" || true)
  while IFS= read -r directory; do
    [[ ${directory} != "${current}" && ${directory} != "${RELEASES}/${ID}" ]] || continue
    count=$((count + 1))
    ((count < KEEP)) || remove_path "${directory}"
  done < <(find "${RELEASES}" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2-)
}

# What a killed run left: its build may still run.
systemctl stop "${UNIT}" 2>/dev/null || true
rm -rf "${BUILDING}"
make_directory "${RELEASES}" 0755 root:root
make_directory "${CACHE}" 0750 "${NANOCLAW_USER}:${NANOCLAW_USER}"
note_upload "$(setting source.path)"

ID=$(known_release)
if [[ -z ${ID} ]]; then
  # root's, but passable: the builder writes only below source/.
  install -d -m 0755 "${BUILDING}"
  install -d -m 0755 -o "${NANOCLAW_USER}" -g "${NANOCLAW_USER}" "${BUILDING}/source"
  fetch_source
  cd "${BUILDING}/source"
  [[ -f package.json ]] || die "nanoclaw.source" "NanoClaw, with a package.json" "$(find . -maxdepth 1 -mindepth 1 | head -n 5 | paste -sd' ')" "check repository and commit, or the archive"
  [[ -f package-lock.json ]] || die "nanoclaw.source" "a package-lock.json beside package.json" "none" "use a commit that has one: without it nobody knows what would be installed"
  [[ -d ${RELEASES}/${ID} ]] || build
  cd /
  rm -rf "${BUILDING}"
fi
touch "${RELEASES}/${ID}"
prune

package=${RELEASES}/${ID}/package.json
version=$(jq -r '.version // empty' "${package}")
[[ -n ${version} ]] || die "release" "${ID} with a version" "none" "look at ${package}"
as_nanoclaw test -r "${package}" || die "release" "a release that user ${NANOCLAW_USER} can read" "one it cannot" "look at the modes below ${RELEASES}/${ID}"
as_nanoclaw test ! -w "${package}" || die "release" "a release that user ${NANOCLAW_USER} cannot write" "one it can" "look at the modes below ${RELEASES}/${ID}"
jq -cn --arg id "${ID}" --arg version "${version}" '{id: $id, version: $version}'
