#!/bin/bash
# Rootless podman for a user of its own, with storage, slices, caps, and no way to the cloud's metadata service.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"
# shellcheck source=./user.sh
source "${NANOCLAW_STEP_DIR}/user.sh"
# shellcheck source=./state.sh
source "${NANOCLAW_STEP_DIR}/state.sh"
# shellcheck source=./system-disk.sh
source "${NANOCLAW_STEP_DIR}/system-disk.sh"
# shellcheck source=./assert.sh
source "${NANOCLAW_STEP_DIR}/assert.sh"

install_packages() {
  local packages=(podman podman-docker uidmap crun slirp4netns netavark catatonit dbus-user-session nftables
    ca-certificates curl jq)
  # passt is podman's own choice from 5.0 on; Debian 12 does not have it. One transaction installs both.
  if ! command -v podman >/dev/null; then
    refresh_lists
    [[ -z $(apt-cache show passt 2>/dev/null) ]] || packages+=(passt)
  fi
  apt_install "${packages[@]}"
  # podman-docker's `docker` says on each call that it is not docker, which callers that read stderr do not expect.
  [[ -e /etc/containers/nodocker ]] || install_file /dev/null /etc/containers/nodocker
}

# The units and files.
install_units() {
  local first
  first=$(subordinate_first /etc/subuid)
  install_rootfs \
    UID="$(nanoclaw_uid)" SUBUID_FIRST="${first}" SUBUID_LAST="$((first + SUBORDINATE_COUNT - 1))" \
    AGENTS_MEMORY="$(required agentsSlice.memoryMaxBytes)" AGENTS_CPU="$(required agentsSlice.cpuQuotaPercent)" \
    AGENTS_TASKS="$(required agentsSlice.tasksMax)" \
    BUILD_MEMORY="$(required buildSlice.memoryMaxBytes)" BUILD_CPU="$(required buildSlice.cpuQuotaPercent)" \
    BUILD_TASKS="$(required buildSlice.tasksMax)"
  local name
  make_directory "${HOME_DIRECTORY}/.config" 0755 nanoclaw:nanoclaw
  make_directory "${HOME_DIRECTORY}/.config/containers" 0755 root:root
  for name in containers.conf storage.conf; do
    install_file "${NANOCLAW_STEP_DIR}/home/${name}" "${HOME_DIRECTORY}/.config/containers/${name}"
  done
  install_file "${NANOCLAW_STEP_DIR}/home/registries.conf" "${HOME_DIRECTORY}/.config/containers/registries.conf.d/nanoclaw.conf"
  # A read-only host (an immutable image) or a kernel with both built in has nothing to load.
  modprobe -a overlay tun 2>/dev/null || true
}

start_units() {
  # systemd itself knows whether it is behind the files, also after a run that was killed in between.
  ! needs_reload || systemctl daemon-reload
  ! needs_reload --user || user_systemctl daemon-reload
  local units=(nanoclaw-agents.slice nanoclaw-build.slice podman.socket) states
  states=$(user_systemctl show -p UnitFileState -p ActiveState "${units[@]}" | grep '=' | sort | uniq -c | tr -s ' \n' ' ')
  if [[ ${states} != " 3 ActiveState=active 3 UnitFileState=enabled " ]]; then
    user_systemctl -q enable --now "${units[@]}"
    changed "units of user ${NANOCLAW_USER}"
  fi
  # A changed cap reaches a running slice with its containers in it: nothing is restarted.
  apply_caps nanoclaw-agents.slice agentsSlice
  apply_caps nanoclaw-build.slice buildSlice
  if has_changed imds || ! systemctl -q is-active nanoclaw-imds.service || ! systemctl -q is-enabled nanoclaw-imds.service ||
    ! nft list table inet nanoclaw_imds >/dev/null 2>&1; then
    systemctl -q enable nanoclaw-imds.service
    systemctl restart nanoclaw-imds.service
    changed nanoclaw-imds.service
  fi
}

use_package_sources
# Trusting certificates takes longer than it looks, and the node step does it meanwhile: packages need not wait for it.
! packages_over_https || use_host_certificates
install_packages
use_host_certificates
ensure_user
HOME_DIRECTORY=$(nanoclaw_home)
ensure_state_volume
# Where there is no cloud-init, room behind the system's partition is left to its owner.
[[ ! -e /run/cloud-init/enabled ]] || grow_system_disk
install_units
start_user_manager
start_units
assert_resolved
