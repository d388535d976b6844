# shellcheck shell=bash
# What every step's apply.sh and remove.sh starts with: `source "${NANOCLAW_LIB}/step.sh"`.
set -Eeuo pipefail
umask 022
cd / # podman as another user must not start in a directory that user cannot read
export LC_ALL=C.UTF-8
# From run-step.sh: the step's name, the directory of its files, the bundle, this directory, and a private tmpfs directory.
: "${NANOCLAW_STEP:?}" "${NANOCLAW_STEP_DIR:?}" "${NANOCLAW_BUNDLE:?}" "${NANOCLAW_LIB:?}" "${NANOCLAW_WORK:?}"

# The service user, and where things lie on the host. Fixed: units, the guard and the documentation name them.
readonly NANOCLAW_USER=nanoclaw
readonly STATE=/var/lib/nanoclaw
readonly RELEASES=/opt/nanoclaw/releases
# The release that runs: switched by the service step, when everything that it needs is there.
readonly CURRENT=/opt/nanoclaw/current
readonly NODE=/opt/nanoclaw/node/current/bin/node
readonly SERVICE_PATH=/opt/nanoclaw/bin:/opt/nanoclaw/node/current/bin:/usr/local/bin:/usr/bin:/bin
export NANOCLAW_USER STATE RELEASES CURRENT NODE SERVICE_PATH

# An unforeseen failure names its place: a step never ends without a word.
trap 'printf "error: step %s: wanted every command to succeed; got exit code %s from line %s of %s: %s. Remedy: see the lines above; if they do not tell, report it as a bug\n" "${NANOCLAW_STEP}" "$?" "${LINENO}" "${BASH_SOURCE[0]##*/steps/}" "${BASH_COMMAND%% *}" >&2' ERR

# shellcheck source=./messages.sh
source "${NANOCLAW_LIB}/messages.sh"
# shellcheck source=./packages.sh
source "${NANOCLAW_LIB}/packages.sh"
# shellcheck source=./sources.sh
source "${NANOCLAW_LIB}/sources.sh"
# shellcheck source=./files.sh
source "${NANOCLAW_LIB}/files.sh"
# shellcheck source=./user.sh
source "${NANOCLAW_LIB}/user.sh"

# The settings' leaves by dotted path, read once: each jq takes a tenth of a second under emulation.
declare -gA SETTINGS=()

read_settings() {
  [[ -s ${NANOCLAW_WORK}/settings.json ]] || return 0
  local path value
  while IFS= read -r -d '' path && IFS= read -r -d '' value; do
    SETTINGS[${path}]=${value}
  done < <(jq -j 'paths(scalars) as $p | select(getpath($p) != null) | ($p | map(tostring) | join(".")), "\u0000", getpath($p), "\u0000"' "${NANOCLAW_WORK}/settings.json")
}

# setting PATH: the setting at a dotted path, such as agentsSlice.tasksMax; nothing for null. Never log one that may be secret.
setting() {
  printf '%s\n' "${SETTINGS[$1]-}"
}

# required PATH: a setting that must be there.
required() {
  [[ -n ${SETTINGS[$1]-} ]] || die "$1" "a value" "none" "the operator and the host bundle do not match: run \`pulumi up\` from one checkout"
  printf '%s\n' "${SETTINGS[$1]}"
}

[[ ${NANOCLAW_STEP} == preflight ]] || read_settings
