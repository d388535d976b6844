#!/bin/bash
# The ways out of containers that have no network: nginx, which adds the credential, and squid, which knows the lists.
# A change of either is a reload: no agent is interrupted, and NanoClaw does not notice.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"
# shellcheck source=./gateway.sh
source "${NANOCLAW_STEP_DIR}/gateway.sh"
# shellcheck source=./web.sh
source "${NANOCLAW_STEP_DIR}/web.sh"

readonly EGRESS=/etc/nanoclaw/egress
readonly DOORS=/run/nanoclaw-egress

# each_role FUNCTION: calls FUNCTION ROLE PREFIX for each role; PREFIX is where its settings are.
each_role() {
  local index
  for ((index = 0; ; index++)); do
    [[ -n ${SETTINGS[roles.${index}.name]-} ]] || return 0
    "$1" "${SETTINGS[roles.${index}.name]}" "roles.${index}"
  done
}

# list PREFIX: the elements of a list of texts, one a line.
list() {
  local index
  for ((index = 0; ; index++)); do
    [[ -n ${SETTINGS[$1.${index}]-} ]] || return 0
    printf '%s\n' "${SETTINGS[$1.${index}]}"
  done
}

# The distributions start what they install with a configuration of their own, on port 80 and on 3128: not here. What is
# masked meanwhile is noted first, so that the next run unmasks what a killed one left.
install_packages() {
  local package packages=()
  ! needs_gateway || packages+=(nginx)
  ! needs_web || packages+=(squid-openssl openssl)
  if needs_web && [[ $(dpkg-query -W -f '${db:Status-Status}' squid 2>/dev/null) == installed ]] && ! dpkg-query -W squid-openssl >/dev/null 2>&1; then
    die "egress" "no other squid on the host" "the package squid, which cannot stand beside squid-openssl" "remove it (\`apt-get remove squid\` on the host), or set \`egress.mode: open\`, which needs no proxy"
  fi
  for package in nginx squid; do
    if [[ " ${packages[*]} " == *" ${package}"* && ! -e /usr/sbin/${package} && ! -e /etc/systemd/system/${package}.service ]]; then
      : >"${EGRESS}/masked.${package}"
      ln -s /dev/null "/etc/systemd/system/${package}.service"
    fi
  done
  ((${#packages[@]} == 0)) || apt_install "${packages[@]}"
  unmask_packages
}

unmask_packages() {
  local note unit
  for note in "${EGRESS}"/masked.*; do
    [[ -e ${note} ]] || continue
    unit=${note##*/masked.}.service
    rm -f "/etc/systemd/system/${unit}"
    systemctl -q disable "${unit}" 2>/dev/null || true
    rm -f "${note}"
  done
}

# ensure_system_user NAME: a user for one program, that owns nothing and cannot log in.
ensure_system_user() {
  id "$1" >/dev/null 2>&1 && return
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin --comment "NanoClaw egress" "$1"
  changed "user $1"
}

# The roles' directories: mounted into containers, so they stay when what listens in them restarts.
make_door_directories() {
  local name
  {
    printf 'd %s 0750 root nanoclaw -\n' "${DOORS}"
    while read -r name; do printf 'd %s/%s 0750 root nanoclaw -\n' "${DOORS}" "${name}"; done < <(each_role role_name)
  } >"${NANOCLAW_WORK}/tmpfiles"
  install_file "${NANOCLAW_WORK}/tmpfiles" /etc/tmpfiles.d/nanoclaw-egress.conf
  systemd-tmpfiles --create /etc/tmpfiles.d/nanoclaw-egress.conf
  # A role that is no more has no door.
  for name in "${DOORS}"/*/; do
    name=$(basename "${name}")
    each_role role_name | grep -qxF -- "${name}" || remove_path "${DOORS:?}/${name}"
  done
}

role_name() {
  printf '%s\n' "$1"
}

# only_wanted DIRECTORY WANTED…: removes files there that this run did not want, such as those of a role that is no more.
only_wanted() {
  local directory=$1 file
  shift
  for file in "${directory}"/*; do
    [[ -e ${file} ]] || continue
    [[ " $* " == *" ${file} "* ]] || remove_path "${file}"
  done
}

make_directory /etc/nanoclaw 0755 root:root
make_directory "${EGRESS}" 0755 root:root
install_packages
make_door_directories
install_rootfs \
  RATE="$(required requestsPerSecond)" BURST="$(burst)" CONNECTIONS="$(required connections)" \
  UPSTREAM_SCHEME="$(required upstream.scheme)" UPSTREAM_HOST="$(required upstream.host)" UPSTREAM_AUTHORITY="$(required upstream.authority)" \
  UPSTREAM_PORT="$(required upstream.port)" UPSTREAM_PATH="$(setting upstream.path)" \
  CONNECT_PORTS="$(list connectPorts | paste -sd' ')" PRIVATE_NETWORKS="$(list privateNetworks | paste -sd' ')" \
  UID="$(web_uid)" OPENED="$(opened_rules)"
if has_changed /etc/systemd/system || [[ $(systemctl show -p NeedDaemonReload nanoclaw-gateway.service nanoclaw-web.service nanoclaw-hello.service) == *=yes* ]]; then
  systemctl daemon-reload
fi
apply_gateway
apply_web
