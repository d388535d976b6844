# shellcheck shell=bash disable=SC2154,SC2153  # variables in capitals are those of setup.sh
# Which networks answer, and downloads whose content is checked. Sourced by setup.sh.

# Seconds that a host gets to answer before it counts as out of reach.
PROBE_SECONDS=3
declare -A PROBED=()

# answers URL: true when the address answers in time. Asked once a run; a refusal is printed, as it decides what follows.
answers() {
  local url="$1" host
  host="${url#*://}"; host="${host%%/*}"
  if [[ -z "${PROBED[${url}]:-}" ]]; then
    need_curl
    if curl -sfIL -o /dev/null --connect-timeout "${PROBE_SECONDS}" --max-time "$((PROBE_SECONDS * 2))" "${url}" 2>/dev/null; then
      PROBED[${url}]=yes
    else
      PROBED[${url}]=no
      say "closed network: ${host} did not answer in ${PROBE_SECONDS} s"
    fi
  fi
  [[ "${PROBED[${url}]}" == yes ]]
}

need_curl() {
  command -v curl >/dev/null || die "curl" "curl on PATH, to download what is missing" "none" "sudo apt-get install -y curl ca-certificates"
}

# sha512_of_integrity INTEGRITY: npm's base64 "sha512-…" as lower-case hex.
sha512_of_integrity() { printf '%s' "${1#sha512-}" | base64 -d | od -An -v -tx1 | tr -d ' \n'; }

# fetch URL FILE ALGORITHM HEX: downloads to FILE, which appears only when its content has the hash (sha256 or sha512).
fetch() {
  local url="$1" file="$2" algorithm="$3" wanted="$4" given
  need_curl
  curl -fsSL --retry 3 --connect-timeout 10 -o "${file}.part" "${url}" \
    || die "download" "${url}" "no answer or an error (see above)" "check the network or set a mirror (docs: toolchain/README.md), then run again"
  given="$("${algorithm}sum" "${file}.part" | cut -d' ' -f1)"
  if [[ "${given}" != "${wanted}" ]]; then
    rm -f "${file}.part"
    die "download" "${url} with ${algorithm} ${wanted}" "${given}" "something on the way changed the file: try another network or mirror; do not use the file"
  fi
  mv "${file}.part" "${file}"
}

# npm_registry: the registry's URL without the last slash, as npm is configured, else from the environment, else npm's own.
npm_registry() {
  local url="${NPM_CONFIG_REGISTRY:-${npm_config_registry:-}}"
  if [[ -z "${url}" ]] && command -v npm >/dev/null; then url="$(npm config get registry 2>/dev/null || true)"; fi
  [[ "${url}" == http* ]] || url="https://registry.npmjs.org"
  printf '%s' "${url%/}"
}

# fetch_npm NAME VERSION INTEGRITY DIRECTORY: unpacks a package of the registry into DIRECTORY, which appears whole or not at all.
fetch_npm() {
  local name="$1" version="$2" integrity="$3" directory="$4" hex work
  work="$(mktemp -d "${CACHE}/.fetch.XXXXXX")"
  hex="$(sha512_of_integrity "${integrity}")"
  fetch "$(npm_registry)/${name}/-/${name##*/}-${version}.tgz" "${work}/package.tgz" sha512 "${hex}"
  unpack "${work}/package.tgz" "${directory}"
  rm -rf "${work}"
}

# unpack TARBALL DIRECTORY: without its first path component, by way of a temporary directory and a rename.
unpack() {
  local work
  work="$(mktemp -d "${CACHE}/.unpack.XXXXXX")"
  tar -xf "$1" -C "${work}" --strip-components=1 --no-same-owner
  chmod 755 "${work}"
  rm -rf "$2"
  mv -T "${work}" "$2"
}
