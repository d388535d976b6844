# shellcheck shell=bash
# shellcheck disable=SC2154 # NANOCLAW_* variables come from run-step.sh and step.sh
# The service user.

nanoclaw_uid() {
  id -u "${NANOCLAW_USER}"
}

nanoclaw_home() {
  getent passwd "${NANOCLAW_USER}" | cut -d: -f6
}

# as_nanoclaw COMMAND…: runs it as the service user, with that user's session and nothing of ours: no CONTAINER_HOST
# or DOCKER_HOST, and not the step's lock, which a process that podman leaves behind would hold for ever.
as_nanoclaw() {
  local uid home
  uid=$(nanoclaw_uid)
  home=$(nanoclaw_home)
  runuser -u "${NANOCLAW_USER}" -- env -i LC_ALL=C.UTF-8 USER="${NANOCLAW_USER}" LOGNAME="${NANOCLAW_USER}" HOME="${home}" \
    PATH="${AS_NANOCLAW_PATH:-/usr/local/bin:/usr/bin:/bin}" XDG_RUNTIME_DIR="/run/user/${uid}" \
    DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/${uid}/bus" "$@" 9>&-
}

# user_systemctl ARGUMENT…: systemctl of the service user's own manager.
user_systemctl() {
  as_nanoclaw systemctl --user "$@"
}

# user_cgroup SLICE: the directory of one of the user's slices, such as nanoclaw-agents.slice.
user_cgroup() {
  local uid
  uid=$(nanoclaw_uid)
  # systemd nests a slice under the slices that its name's dashes spell.
  printf '/sys/fs/cgroup/user.slice/user-%s.slice/user@%s.service/%s.slice/%s\n' "${uid}" "${uid}" "${1%%-*}" "$1"
}
