#!/bin/bash
# NanoClaw's service: switched to the release in one rename, restarted only when something that it uses has changed.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"
# shellcheck source=./environment.sh
source "${NANOCLAW_STEP_DIR}/environment.sh"
# shellcheck source=./state.sh
source "${NANOCLAW_STEP_DIR}/state.sh"

readonly UNITS=/etc/systemd/system
readonly PAIRING=${UNITS}/nanoclaw.service.d/pairing.conf
readonly PAIRED_PATH=${UNITS}/nanoclaw-paired.path
readonly STARTED_WITH=/var/lib/nanoclaw-runtime/steps/service/started-with

property() {
  systemctl show -p "$1" --value nanoclaw.service
}

install_units() {
  install_rootfs UID="$(nanoclaw_uid)" HOME="$(nanoclaw_home)" PATH="${SERVICE_PATH}" ENTRY_POINT="$(required entryPoint)" \
    MEMORY="$(required caps.memoryMaxBytes)" CPU="$(required caps.cpuQuotaPercent)" TASKS="$(required caps.tasksMax)"
  if [[ -n ${PAIRED} ]]; then
    render "${NANOCLAW_STEP_DIR}/pairing/pairing.conf.in" PAIRED="${PAIRED}" >"${NANOCLAW_WORK}/pairing"
    install_file "${NANOCLAW_WORK}/pairing" "${PAIRING}"
    render "${NANOCLAW_STEP_DIR}/pairing/nanoclaw-paired.path.in" PAIRED="${PAIRED}" >"${NANOCLAW_WORK}/pairing"
    install_file "${NANOCLAW_WORK}/pairing" "${PAIRED_PATH}"
  elif [[ -e ${PAIRED_PATH} ]]; then
    systemctl -q disable --now nanoclaw-paired.path 2>/dev/null || true
    remove_path "${PAIRING}" "${PAIRED_PATH}"
  fi
  # systemd itself knows whether it is behind the files, also after a run that was killed in between.
  if has_changed "${UNITS}" || needs_reload; then
    systemctl daemon-reload
  fi
  local unit
  for unit in nanoclaw.service ${PAIRED:+nanoclaw-paired.path}; do
    systemctl -q is-enabled "${unit}" 2>/dev/null || { systemctl -q enable "${unit}" && changed "${unit} enabled"; }
  done
}

# What a running service has read at its start. The image and the guard are not among it: each run of an agent reads those.
used_by_service() {
  {
    cat "${UNITS}/nanoclaw.service" "${UNITS}/nanoclaw.service.d/resources.conf" "${PAIRING}" 2>/dev/null || true
    cat "${SERVICE_ENVIRONMENT}" "${STATE}/.env"
    cat "${ALLOWLIST_LINK}" 2>/dev/null || true
    readlink -f "${CURRENT}" /opt/nanoclaw/node/current
  } | sha256sum | cut -d' ' -f1
}

start_service() {
  local used
  used=$(used_by_service)
  if [[ -n ${PAIRED} && ! -e ${PAIRED} ]]; then
    systemctl start nanoclaw-paired.path
    [[ $(property ActiveState) == inactive ]] || { systemctl stop nanoclaw.service && changed "nanoclaw.service stopped"; }
    systemctl reset-failed nanoclaw.service 2>/dev/null || true
    log "NanoClaw is not paired yet: the service starts by itself when ${PAIRED} appears"
    return
  fi
  if [[ $(property ActiveState) == active && $(cat "${STARTED_WITH}" 2>/dev/null) == "${used}" ]]; then
    return
  fi
  rm -f "${STARTED_WITH}"
  systemctl reset-failed nanoclaw.service 2>/dev/null || true
  log "starting nanoclaw.service"
  systemctl restart nanoclaw.service || failed
  assert_stays_up
  printf '%s\n' "${used}" >"${STARTED_WITH}"
  changed "nanoclaw.service restarted"
}

failed() {
  journalctl -u nanoclaw.service -n 30 --no-pager -o cat 2>&1 | stream
  die "nanoclaw.service" "active" "$(property ActiveState), $(property Result)" "the lines above are the end of its journal"
}

# A service that ends right after its start counts as active in between: the same process must be there for a while.
assert_stays_up() {
  local pid second
  pid=$(property MainPID)
  for second in 1 2 3; do
    sleep 1
    [[ $(property ActiveState) == active && $(property MainPID) == "${pid}" ]] || { log "it ended within ${second} s" && failed; }
  done
}

assert_caps() {
  local cgroup=/sys/fs/cgroup/system.slice/nanoclaw.service quota period wanted got
  [[ -d ${cgroup} ]] || return 0
  wanted="memory $(($(required caps.memoryMaxBytes) / 4096)) cpu $(required caps.cpuQuotaPercent) tasks $(required caps.tasksMax)"
  read -r quota period <"${cgroup}/cpu.max"
  got="memory $(($(<"${cgroup}/memory.max") / 4096)) cpu $((quota * 100 / period)) tasks $(<"${cgroup}/pids.max")"
  [[ ${got} == "${wanted}" ]] || die "nanoclaw.service (pages, percent, tasks)" "${wanted}" "${got}" "see \`systemctl cat nanoclaw\`: a drop-in may override resources.conf"
}

PAIRED=$(setting pairedWhenExists)
[[ -z ${PAIRED} ]] || PAIRED=${STATE}/${PAIRED}
RELEASE=${RELEASES}/$(required releaseId)
[[ -f ${RELEASE}/$(required entryPoint) ]] || die "entryPoint" "a file of the release" "$(required entryPoint), which ${RELEASE} does not have" "this commit was built to another place: see its package.json"
link "${RELEASE}" "${CURRENT}"
ensure_state
write_environment
write_allowlist
install_units
start_service
assert_caps
