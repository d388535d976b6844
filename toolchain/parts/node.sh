# shellcheck shell=bash disable=SC2154,SC2153  # variables in capitals are those of setup.sh
# Part `node`: a Node that runs TypeScript by itself, linked as .state/bin/node (and npm beside it). Sourced by setup.sh.

part_node() {
  local system version
  system="$(outside_command node)"
  version="$([[ -z "${system}" ]] || "${system}" --version 2>/dev/null || true)"
  version="${version#v}"
  if [[ -n "${version}" ]] && version_at_least "${version}" "${NODE_MINIMUM}"; then
    say "Node ${version}: the system's (${system})"
    # Itself, and not a link: another checkout's would lead back here when that one was set up from this one's shell.
    ln -sfn "$(readlink -f "${system}")" "${BIN}/node"
    rm -f "${BIN}/npm" "${BIN}/npx"
  else
    get_node "${version:-none}"
  fi
  link_npm
}

# get_node FOUND: from the cache, else the official site, else the npm registry.
get_node() {
  local sha="NODE_OFFICIAL_SHA256_${ARCH}" integrity="NODE_NPM_INTEGRITY_${ARCH}"
  local dist="${TOOLCHAIN_NODE_DIST_URL:-https://nodejs.org/dist}"
  local official="${CACHE}/node-${NODE_OFFICIAL_VERSION}-${!sha:0:16}"
  local registry="${CACHE}/node-npm-${NODE_NPM_VERSION}-${ARCH}"
  local tarball="v${NODE_OFFICIAL_VERSION}/node-v${NODE_OFFICIAL_VERSION}-linux-${ARCH}.tar.gz"
  if [[ -x "${official}/bin/node" ]]; then
    say "Node ${NODE_OFFICIAL_VERSION}: official, from the cache (the system's: $1, wanted ${NODE_MINIMUM} or newer)"
  elif [[ -x "${registry}/bin/node" ]]; then
    say "Node ${NODE_NPM_VERSION}: the npm package node-linux-${ARCH}, from the cache (the system's: $1, wanted ${NODE_MINIMUM} or newer)"
    official="${registry}"
  elif answers "${dist}/${tarball}"; then
    say "Node ${NODE_OFFICIAL_VERSION}: downloading from ${dist} (the system's: $1, wanted ${NODE_MINIMUM} or newer)"
    fetch "${dist}/${tarball}" "${CACHE}/node.$$.tar.gz" sha256 "${!sha}"
    unpack "${CACHE}/node.$$.tar.gz" "${official}"
    rm -f "${CACHE}/node.$$.tar.gz"
  else
    say "Node ${NODE_NPM_VERSION}: downloading the npm package node-linux-${ARCH} (the system's: $1, wanted ${NODE_MINIMUM} or newer)"
    fetch_npm "node-linux-${ARCH}" "${NODE_NPM_VERSION}" "${!integrity}" "${registry}"
    official="${registry}"
  fi
  ln -sfn "${official}/bin/node" "${BIN}/node"
  rm -f "${BIN}/npm" "${BIN}/npx"
  if [[ -e "${official}/bin/npm" ]]; then ln -sfn "${official}/bin/npm" "${BIN}/npm"; fi
}

# link_npm: an npm for that Node: the one it came with, else the system's, else a pinned one from the registry.
link_npm() {
  local directory="${CACHE}/npm-${NPM_VERSION}"
  [[ ! -e "${BIN}/npm" ]] || return 0
  if [[ -n "$(outside_command npm)" ]] && version_at_least "$(npm_version)" "${NPM_MINIMUM}"; then return 0; fi
  if [[ ! -e "${directory}/bin/npm-cli.js" ]]; then
    say "npm ${NPM_VERSION}: downloading from the registry (no npm ${NPM_MINIMUM} or newer here)"
    fetch_npm npm "${NPM_VERSION}" "${NPM_INTEGRITY}" "${directory}"
  fi
  chmod +x "${directory}/bin/npm-cli.js"
  ln -sfn "${directory}/bin/npm-cli.js" "${BIN}/npm"
}

# npm_version: of the system's npm, read from its files: starting it takes half a second.
npm_version() {
  local manifest
  manifest="$(dirname "$(dirname "$(readlink -f "$(outside_command npm)")")")/package.json"
  if [[ -r "${manifest}" ]]; then
    sed -n 's/^ *"version": *"\([0-9.]*\)".*/\1/p' "${manifest}" | head -n1
  else
    PATH="${BIN}:${PATH}" npm --version 2>/dev/null || true
  fi
}
