# shellcheck shell=bash
# shellcheck disable=SC2154 # NANOCLAW_* variables come from run-step.sh and step.sh
# The service user.

# The user's line of the user database, looked up once.
nanoclaw_account() {
  [[ -n ${NANOCLAW_ACCOUNT:-} ]] || NANOCLAW_ACCOUNT=$(getent passwd "${NANOCLAW_USER}") ||
    die "user ${NANOCLAW_USER}" "to exist" "no such user" "the podman step makes it: run \`pulumi up\`"
}

nanoclaw_uid() {
  nanoclaw_account
  local fields
  IFS=: read -ra fields <<<"${NANOCLAW_ACCOUNT}"
  printf '%s\n' "${fields[2]}"
}

nanoclaw_home() {
  nanoclaw_account
  local fields
  IFS=: read -ra fields <<<"${NANOCLAW_ACCOUNT}"
  printf '%s\n' "${fields[5]}"
}

# as_nanoclaw COMMAND…: runs it as the service user, with that user's session and nothing of ours: no CONTAINER_HOST
# or DOCKER_HOST, and not the step's lock, which a process that podman leaves behind would hold for ever.
as_nanoclaw() {
  local name uid gid home
  nanoclaw_account
  IFS=: read -r name _ uid gid _ home _ <<<"${NANOCLAW_ACCOUNT}"
  # setpriv and not runuser: a PAM session for each command takes half a second under emulation, and we need none.
  setpriv --reuid "${uid}" --regid "${gid}" --init-groups -- env -i LC_ALL=C.UTF-8 USER="${name}" LOGNAME="${name}" HOME="${home}" \
    PATH="${AS_NANOCLAW_PATH:-/usr/local/bin:/usr/bin:/bin}" XDG_RUNTIME_DIR="/run/user/${uid}" \
    DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/${uid}/bus" "$@" 9>&-
}

# needs_reload [--user]: true when systemd knows another text of one of our units than the disk has.
needs_reload() {
  local answer units=(nanoclaw.service nanoclaw-imds.service nanoclaw-build.slice)
  if [[ ${1:-} == --user ]]; then
    answer=$(user_systemctl show -p NeedDaemonReload nanoclaw-agents.slice nanoclaw-build.slice)
  else
    answer=$(systemctl show -p NeedDaemonReload "${units[@]}")
  fi
  [[ ${answer} == *=yes* ]]
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
