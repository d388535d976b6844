#!/bin/bash
# Runs one host step, and keeps the record of what it left.
#
#   run-step.sh apply <step> --digest <hex> --generation <n> --machine <id>  < settings.json
#   run-step.sh remove <step>
#
# stdout: at most one JSON object, the step's output. stderr: progress, for people. Exit code: that of the step.
# Whatever kills it, the next run starts over from what it finds: steps are re-entrant, and the record says
# `complete: false` from before the first change until after the last assertion.
set -euo pipefail
umask 022

LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly LIB
export NANOCLAW_LIB=${LIB}
# shellcheck source=./messages.sh
source "${LIB}/messages.sh"
# shellcheck source=./packages.sh
source "${LIB}/packages.sh"

readonly RECORDS=/var/lib/nanoclaw-runtime/steps
# A tmpfs, so that settings with secrets never reach a disk.
readonly WORK_ROOT=/run/nanoclaw-runtime

# One run of a step at a time. The lock is on descriptor 9, which the step's script inherits: when only this runner is
# killed, the script that goes on still holds it. Whatever may outlive a step (podman, apt) is started without it.
lock() {
  exec 9>"${WORK_ROOT}/${STEP}.lock"
  flock -n 9 && return
  log "waiting for another run of this step on this host to end (at most 30 minutes)"
  flock -w 1800 9 || die "step ${STEP}" "no other run of it" "one that has held its lock for 30 minutes" \
    "look at \`ps -ef | grep run-step\` on the host, end it, and run \`pulumi up\` again"
}

# The record is written whole and renamed, so that a reader never sees half of it.
write_record() {
  local complete=$1 directory=${RECORDS}/${STEP}
  mkdir -p "${directory}"
  printf '{"step":"%s","digest":"%s","machine":"%s","generation":%s,"complete":%s}\n' \
    "${STEP}" "${DIGEST}" "${MACHINE}" "${GENERATION}" "${complete}" >"${directory}/record.json.new"
  mv "${directory}/record.json.new" "${directory}/record.json"
}

# Keeps the facts that the step left, and the script that reads them, which the probe runs later from here: the probe
# must understand a host that an older bundle provisioned.
write_facts() {
  local directory=${RECORDS}/${STEP}
  sh "${NANOCLAW_STEP_DIR}/facts.sh" >"${directory}/facts.new" 2>/dev/null </dev/null 9>&- || true
  cp "${NANOCLAW_STEP_DIR}/facts.sh" "${directory}/facts.sh.new"
  mv "${directory}/facts.sh.new" "${directory}/facts.sh"
  mv "${directory}/facts.new" "${directory}/facts"
}

report_changes() {
  if [[ -s ${NANOCLAW_WORK}/changes ]]; then
    log "changed: $(sort -u "${NANOCLAW_WORK}/changes" | paste -sd, | sed 's/,/, /g')"
  else
    log "unchanged"
  fi
}

# Prints the step's output, also that of a step that failed: the smoke step's proofs are wanted most then.
print_output() {
  [[ ! -s ${NANOCLAW_WORK}/output ]] || cat "${NANOCLAW_WORK}/output"
}

apply() {
  local started=${SECONDS} code=0
  [[ ${DIGEST} =~ ^[0-9a-f]+$ && ${GENERATION} =~ ^[0-9]+$ && ${MACHINE} =~ ^[A-Za-z0-9._:/-]+$ ]] ||
    die "arguments" "--digest <hex> --generation <n> --machine <id>" "${DIGEST:-} ${GENERATION:-} ${MACHINE:-}" "run it through \`pulumi up\`"
  (umask 077 && cat >"${NANOCLAW_WORK}/settings.json")
  write_record false
  # The preflight changes nothing on a host that may be refused, so it must do without jq.
  [[ ${STEP} == preflight ]] || ensure_jq
  bash "${NANOCLAW_STEP_DIR}/apply.sh" </dev/null >"${NANOCLAW_WORK}/output" || code=$?
  print_output
  ((code == 0)) || exit "${code}"
  write_facts
  write_record true
  report_changes
  log "done in $((SECONDS - started)) s"
}

remove() {
  if [[ -f ${NANOCLAW_STEP_DIR}/remove.sh ]]; then
    bash "${NANOCLAW_STEP_DIR}/remove.sh" </dev/null >&2
  fi
  rm -rf "${RECORDS:?}/${STEP}"
  report_changes
}

main() {
  ((EUID == 0)) || die "user" "root" "$(id -un)" "connect as root, or as a user who may run sudo"
  local action=${1:-}
  STEP=${2:-}
  shift $(($# < 2 ? $# : 2))
  DIGEST="" GENERATION="" MACHINE=""
  while (($# > 1)); do
    case $1 in
      --digest) DIGEST=$2 ;;
      --generation) GENERATION=$2 ;;
      --machine) MACHINE=$2 ;;
      *) die "arguments" "--digest, --generation or --machine" "$1" "run it through \`pulumi up\`" ;;
    esac
    shift 2
  done
  [[ ${STEP} =~ ^[A-Za-z0-9]+$ ]] || die "step" "a name such as podman" "${STEP:-nothing}" "run it through \`pulumi up\`"
  export NANOCLAW_STEP=${STEP} NANOCLAW_STEP_DIR=${LIB%/lib}/steps/${STEP} NANOCLAW_BUNDLE=${LIB%/lib}
  [[ ${action} == remove || -d ${NANOCLAW_STEP_DIR} ]] ||
    die "step" "one of $(cd "${LIB%/lib}/steps" && echo *)" "${STEP}" "update the host bundle: run \`pulumi up\`"

  (umask 077 && mkdir -p "${WORK_ROOT}")
  lock
  rm -rf "${WORK_ROOT:?}/${STEP}".work.* # of a run that was killed: it may hold settings
  NANOCLAW_WORK=$(mktemp -d "${WORK_ROOT}/${STEP}.work.XXXXXX")
  export NANOCLAW_WORK
  trap 'rm -rf "${NANOCLAW_WORK}"' EXIT
  case ${action} in
    apply) apply ;;
    remove) remove ;;
    *) die "action" "apply or remove" "${action:-nothing}" "run it through \`pulumi up\`" ;;
  esac
}

main "$@"
exit
