#!/bin/bash
# The first part of the self-extracting host bundle. `components/hostBundle.ts` appends the payload (a tar.gz of lib/,
# steps/, probe/ and programs/, in base64) below the last line of this file.
#
#   bash .nanoclaw-host.run apply <step> --digest <hex> --generation <n> --machine <id>  < settings.json
#   bash .nanoclaw-host.run remove <step>
#
# One file, so that one copy brings everything; extracted once per content, so that each later step starts at once.
set -euo pipefail
umask 022

readonly ROOT=/opt/nanoclaw/runtime
readonly KEEP=3

fail() {
  printf 'error: %s\n' "$1" >&2
  exit 1
}

# Prints the directory that holds this bundle's files; extracts them there when they are not.
extract() {
  local self=$1 line sum target temporary
  line=$(grep -anm1 '^__PAYLOAD__$' "${self}" | cut -d: -f1)
  [[ -n ${line} ]] || fail "host bundle: wanted a payload; got none in ${self}. Remedy: run \`pulumi up\` again, which copies it anew."
  sum=$(tail -n "+$((line + 1))" "${self}" | sha256sum)
  target=${ROOT}/${sum:0:16}
  if [[ ! -d ${target} ]]; then
    mkdir -p "${ROOT}"
    temporary=$(mktemp -d "${ROOT}/.extracting.XXXXXX")
    tail -n "+$((line + 1))" "${self}" | base64 -d | tar -xz --no-same-owner -C "${temporary}" ||
      fail "host bundle: wanted an intact payload; got one that cannot be unpacked (is the disk full?). Remedy: free space, then run \`pulumi up\` again."
    chmod -R u=rwX,go=rX "${temporary}"
    # A step that runs beside this one may have been faster: then its copy, which is the same, stays.
    mv -T "${temporary}" "${target}" 2>/dev/null || rm -rf "${temporary}"
  fi
  ln -sfn "${target}" "${ROOT}/.current.$$" && mv -T "${ROOT}/.current.$$" "${ROOT}/current"
  prune "${target}"
  printf '%s\n' "${target}"
}

# Old bundles beyond the newest few go, and what a killed extraction left (after an hour: another may be at work now).
prune() {
  local keep=$1 directory count=0
  touch "${keep}"
  find "${ROOT}" -maxdepth 1 -name '.extracting.*' -mmin +60 -exec rm -rf {} +
  while IFS= read -r directory; do
    count=$((count + 1))
    ((count <= KEEP)) || rm -rf "${directory}"
  done < <(find "${ROOT}" -maxdepth 1 -type d -name '????????????????' -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2-)
}

((EUID == 0)) || fail "user: wanted root; got $(id -un). Remedy: connect as root, or as a user who may run sudo."
# What the operator uploads lies beside this file: settings name it by a path relative to here.
NANOCLAW_UPLOADS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export NANOCLAW_UPLOADS
directory=$(extract "${BASH_SOURCE[0]}")
# shellcheck disable=SC2093 # what follows is the payload
exec bash "${directory}/lib/run-step.sh" "$@"
__PAYLOAD__
