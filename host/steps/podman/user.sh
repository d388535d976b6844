# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of step.sh, which apply.sh sources first
# The service user: no password, a range of subordinate ids that nobody else has, and a session that outlives logins.

readonly SUBORDINATE_COUNT=65536

# subordinate_first FILE: the first id of the user's range in /etc/subuid or /etc/subgid, if that is large enough.
subordinate_first() {
  awk -F: -v user="${NANOCLAW_USER}" -v count="${SUBORDINATE_COUNT}" '$1 == user && $3 >= count { print $2; exit }' "$1"
}

# True when the user's range in FILE touches nobody else's: then files of another user's containers would be ours.
range_is_own() {
  awk -F: -v user="${NANOCLAW_USER}" -v count="${SUBORDINATE_COUNT}" '
    $1 == user && !found && $3 >= count { first = $2; last = $2 + $3 - 1; found = 1 }
    $1 != user { from[++n] = $2; to[n] = $2 + $3 - 1 }
    END {
      if (!found) exit 1
      for (i = 1; i <= n; i++) if (from[i] <= last && to[i] >= first) exit 1
    }' "$1"
}

# The first id after every range that anybody has, in both files, so that uid and gid ranges are the same.
free_range() {
  cat /etc/subuid /etc/subgid | awk -F: 'NF == 3 { end = $2 + $3; if (end > free) free = end } END { print (free > 524288 ? free : 524288) }'
}

ensure_user() {
  if ! id "${NANOCLAW_USER}" >/dev/null 2>&1; then
    log "making user ${NANOCLAW_USER}"
    useradd --create-home --user-group --shell /bin/bash --comment "NanoClaw agents" "${NANOCLAW_USER}"
    changed "user ${NANOCLAW_USER}"
  fi
  touch /etc/subuid /etc/subgid
  if ! range_is_own /etc/subuid || ! range_is_own /etc/subgid; then
    local first
    sed -i "/^${NANOCLAW_USER}:/d" /etc/subuid /etc/subgid
    first=$(free_range)
    usermod --add-subuids "${first}-$((first + SUBORDINATE_COUNT - 1))" --add-subgids "${first}-$((first + SUBORDINATE_COUNT - 1))" "${NANOCLAW_USER}"
    # Podman remembers the mapping it was first run with.
    [[ ! -d /run/user/$(nanoclaw_uid)/libpod ]] || as_nanoclaw podman system migrate
    changed "subordinate ids ${first}"
  fi
  # Other users of the host have no business among the agents' images and files.
  make_directory "$(nanoclaw_home)" 0750 "${NANOCLAW_USER}:${NANOCLAW_USER}"
}

# The user's own systemd, which makes the containers' cgroups, from boot on and without a login.
start_user_manager() {
  local uid
  uid=$(nanoclaw_uid)
  if [[ ! -e /var/lib/systemd/linger/${NANOCLAW_USER} ]]; then
    loginctl enable-linger "${NANOCLAW_USER}"
    changed "linger"
  fi
  systemctl start "user@${uid}.service"
  # A manager that was started before dbus-user-session was installed has no bus, and podman no limits without it.
  if [[ ! -S /run/user/${uid}/bus ]]; then
    systemctl restart "user@${uid}.service"
    changed "user@${uid}.service restarted"
  fi
}
