# shellcheck shell=bash disable=SC2154,SC2153  # variables in capitals are those of setup.sh
# Part `npm`: the packages of package-lock.json, installed only when the lock changed. Sourced by setup.sh.

part_npm() {
  local stamp="${ROOT}/node_modules/.toolchain-lock" lock
  run_part node
  lock="$(sha256sum "${ROOT}/package-lock.json" | cut -d' ' -f1)"
  if [[ -f "${stamp}" && "$(<"${stamp}")" == "${lock}" ]]; then
    say "packages of package-lock.json: installed already"
    return
  fi
  say "npm ci: package-lock.json is new or has changed (registry $(npm_registry))"
  # A TLS-inspecting proxy's certificate is in the system's bundle, which Node reads only when told to.
  (cd "${ROOT}" && PATH="${BIN}:${PATH}" NODE_USE_SYSTEM_CA=1 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) \
    || die "npm ci" "the packages of package-lock.json" "an error (see above)" "check that the registry $(npm_registry) is reachable, then run again"
  printf '%s' "${lock}" >"${stamp}"
}
