#!/usr/bin/env bash
# Gets what the operator's machine needs: Node, npm packages, Pulumi, its plugins, programs of the distribution.
#
#   toolchain/setup.sh [node|npm|pulumi|plugins|packages|qemu|test-packages]...     (none: all but test-packages)
#
# Parts may be run side by side: each has a lock and waits for itself only. Every part can be run again at any time;
# it says what it chose and why, and a second run changes nothing. Ends by writing .state/env.sh.
# Mirrors: NPM_CONFIG_REGISTRY, GOPROXY, TOOLCHAIN_NODE_DIST_URL, TOOLCHAIN_PULUMI_URL (see toolchain/README.md).
set -euo pipefail
shopt -s inherit_errexit

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
STATE="${ROOT}/.state"
BIN="${STATE}/bin"
WORK="${STATE}/toolchain"
PULUMI_HOME_OURS="${STATE}/pulumi-home"
CACHE="${XDG_CACHE_HOME:-${HOME}/.cache}/podman-nanoclaw-runtime"

# shellcheck source=versions.sh
. "${ROOT}/toolchain/versions.sh"
# shellcheck source=lib/report.sh
. "${ROOT}/toolchain/lib/report.sh"
# shellcheck source=lib/network.sh
. "${ROOT}/toolchain/lib/network.sh"
# shellcheck source=lib/environment.sh
. "${ROOT}/toolchain/lib/environment.sh"
# shellcheck source=parts/node.sh
. "${ROOT}/toolchain/parts/node.sh"
# shellcheck source=parts/npm.sh
. "${ROOT}/toolchain/parts/npm.sh"
# shellcheck source=parts/pulumi.sh
. "${ROOT}/toolchain/parts/pulumi.sh"
# shellcheck source=parts/plugins.sh
. "${ROOT}/toolchain/parts/plugins.sh"
# shellcheck source=parts/packages.sh
. "${ROOT}/toolchain/parts/packages.sh"
# shellcheck source=parts/qemu.sh
. "${ROOT}/toolchain/parts/qemu.sh"

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) ARCH=x64 ;;
  Linux-aarch64) ARCH=arm64 ;;
  *) die "operator's machine" "Linux on x86_64 or aarch64" "$(uname -sm)" "run from such a machine or a VM" ;;
esac

# run_part NAME: under the part's lock; a part that another one needed is not run twice.
declare -A FINISHED=()
run_part() {
  local PART="$1" lock
  [[ -z "${FINISHED[$1]:-}" ]] || return 0
  exec {lock}>"${WORK}/$1.lock"
  if ! flock -n "${lock}"; then
    say "waiting for another run of this part"
    flock "${lock}"
  fi
  "part_$1"
  exec {lock}>&-
  FINISHED["$1"]=yes
}

(umask 077; mkdir -p "${STATE}")
mkdir -p "${BIN}" "${WORK}" "${CACHE}"
(($# > 0)) || set -- node npm pulumi plugins packages qemu
for part in "$@"; do
  declare -F "part_${part}" >/dev/null || die "part" "node, npm, pulumi, plugins, packages, qemu or test-packages" "${part}" "name one of these, or none for all"
done
for part in "$@"; do run_part "${part}"; done
exec {lock}>"${WORK}/environment.lock"
flock "${lock}"
write_environment
