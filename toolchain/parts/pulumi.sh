# shellcheck shell=bash disable=SC2154,SC2153  # variables in capitals are those of setup.sh
# Part `pulumi`: the CLI as .state/bin/pulumi. Sourced by setup.sh.

part_pulumi() {
  local sha="PULUMI_SHA256_${ARCH}" system version official built url
  url="${TOOLCHAIN_PULUMI_URL:-https://github.com/pulumi/pulumi/releases/download}/v${PULUMI_VERSION}/pulumi-v${PULUMI_VERSION}-linux-${ARCH}.tar.gz"
  official="${CACHE}/pulumi-${PULUMI_VERSION}-${!sha:0:16}"
  built="${CACHE}/pulumi-go-$(pulumi_source_hash)/pulumi"
  system="$(outside_command pulumi)"
  version="$([[ -z "${system}" ]] || system_pulumi_version "${system}")"
  if [[ -n "${version}" ]] && version_at_least "${version}" "${PULUMI_MINIMUM}"; then
    say "Pulumi ${version}: the system's (${system})"
    ln -sfn "$(readlink -f "${system}")" "${BIN}/pulumi"
  elif [[ -x "${official}/pulumi" ]]; then
    say "Pulumi ${PULUMI_VERSION}: official, from the cache"
    ln -sfn "${official}/pulumi" "${BIN}/pulumi"
  elif [[ -x "${built}" ]]; then
    say "Pulumi ${PULUMI_VERSION}: built from its Go modules, from the cache"
    place_beside_plugins "${built}"
  elif answers "${url}"; then
    say "Pulumi ${PULUMI_VERSION}: downloading from ${url%/v*/*}"
    fetch "${url}" "${CACHE}/pulumi.$$.tar.gz" sha256 "${!sha}"
    unpack "${CACHE}/pulumi.$$.tar.gz" "${official}"
    rm -f "${CACHE}/pulumi.$$.tar.gz"
    ln -sfn "${official}/pulumi" "${BIN}/pulumi"
  else
    build_pulumi "${built}"
    place_beside_plugins "${built}"
  fi
}

# system_pulumi_version PATH: "3.259.0"; remembered by path, size and time, as asking takes a while.
system_pulumi_version() {
  local memo="${WORK}/system-pulumi" key
  key="$1 $(stat -Lc '%s %Y' "$1")"
  if [[ ! -f "${memo}" || "$(head -n1 "${memo}")" != "${key}" ]]; then
    printf '%s\n%s\n' "${key}" "$(PULUMI_SKIP_UPDATE_CHECK=true "$1" version 2>/dev/null | tr -d v)" >"${memo}"
  fi
  tail -n1 "${memo}"
}

pulumi_source_hash() {
  cat "${ROOT}/toolchain/pulumi-cli/go.mod" "${ROOT}/toolchain/pulumi-cli/go.sum" | sha256sum | cut -c1-16
}

# build_pulumi FILE: two to four minutes on two cores, once.
build_pulumi() {
  local work started=${SECONDS}
  command -v go >/dev/null || die "Pulumi" "a pulumi ${PULUMI_MINIMUM} or newer on PATH, the official download, or Go to build it" \
    "none of them" "install Pulumi (https://www.pulumi.com/docs/iac/download-install/), or Go 1.26 for a network that has only a Go module proxy; then run again"
  say "Pulumi ${PULUMI_VERSION}: building from its Go modules (proxy $(go env GOPROXY)); two to four minutes on two cores, once"
  work="$(mktemp -d "${CACHE}/.pulumi.XXXXXX")"
  # The compiler collects garbage less often, and makes no debug information, which the linker would drop: a fifth quicker.
  (cd "${ROOT}/toolchain/pulumi-cli" && GOGC=400 CGO_ENABLED=0 go build -mod=readonly -trimpath -gcflags=all=-dwarf=false -o "${work}/pulumi" \
    -ldflags "-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${PULUMI_VERSION}" \
    github.com/pulumi/pulumi/pkg/v3/cmd/pulumi) \
    || die "Pulumi" "a build from its Go modules" "an error (see above)" "check that $(go env GOPROXY) is reachable and the disk has 3 GB free, then run again"
  mkdir -p "$(dirname "$1")"
  mv "${work}/pulumi" "$1"
  rm -rf "${work}"
  say "Pulumi ${PULUMI_VERSION}: built in $((SECONDS - started)) s"
}

# place_beside_plugins FILE: as a file of its own, not a link: Pulumi looks for its language host beside the real file.
place_beside_plugins() {
  [[ ! "$1" -ef "${BIN}/pulumi" ]] || return 0
  rm -f "${BIN}/pulumi"
  ln "$1" "${BIN}/pulumi" 2>/dev/null || cp "$1" "${BIN}/pulumi"
}
