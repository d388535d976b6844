# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of apply.sh and step.sh
# squid: the doors to listed domains.

readonly WEB=nanoclaw-web.service
readonly HELLO=nanoclaw-hello.service

needs_web() {
  local need
  need=$(each_role role_needs_web)
  [[ -n ${need} ]]
}

role_needs_web() {
  [[ -z ${SETTINGS[$2.web.port]-} ]] || printf 'yes'
}

# The user that squid runs as; the firewall's rules are for it alone.
web_uid() {
  ensure_system_user nanoclaw-web
  id -u nanoclaw-web
}

# Private networks that are opened, as lines of the firewall.
opened_rules() {
  list privateNetworks | sed -n -e 's/^\([0-9.]*\/[0-9]*\)$/    ip daddr \1 accept/p' -e 's/^\([0-9a-fA-F:]*:[0-9a-fA-F:]*\/[0-9]*\)$/    ip6 daddr \1 accept/p'
}

# mirrors ROLE PREFIX: servers of `sources` on ports of their own, as rules.
mirrors() {
  local index names=()
  for ((index = 0; ; index++)); do
    [[ -n ${SETTINGS[$2.web.mirrors.${index}.host]-} ]] || break
    printf 'acl mirror_%s_%s_host dstdomain -n %s\n' "$1" "${index}" "${SETTINGS[$2.web.mirrors.${index}.host]}"
    printf 'acl mirror_%s_%s_port port %s\n' "$1" "${index}" "${SETTINGS[$2.web.mirrors.${index}.port]}"
    printf 'acl mirror_%s_%s all-of mirror_%s_%s_host mirror_%s_%s_port\n' "$1" "${index}" "$1" "${index}" "$1" "${index}"
    names+=("mirror_$1_${index}")
  done
  if ((${#names[@]})); then
    printf 'acl mirror_%s any-of %s\n' "$1" "${names[*]}"
  else
    printf 'acl mirror_%s port 0\n' "$1"
  fi
}

# write_list ROLE PREFIX: the role's rules, list and port; prints the files.
write_list() {
  local port=${SETTINGS[$2.web.port]-}
  [[ -n ${port} ]] || return 0
  render "${NANOCLAW_STEP_DIR}/templates/web-role.conf.in" ROLE="$1" PORT="${port}" HELLO_PORT="$((port + 64))" MIRRORS="$(mirrors "$1" "$2")" >"${NANOCLAW_WORK}/rules"
  list "$2.web.domains" >"${NANOCLAW_WORK}/domains"
  printf 'PORT=%s\nHELLO_PORT=%s\n' "${port}" "$((port + 64))" >"${NANOCLAW_WORK}/port"
  render "${NANOCLAW_STEP_DIR}/templates/hello-role.conf.in" ROLE="$1" HELLO_PORT="$((port + 64))" >"${NANOCLAW_WORK}/hello"
  install_file "${NANOCLAW_WORK}/hello" "${EGRESS}/hello.d/$1.conf"
  install_file "${NANOCLAW_WORK}/rules" "${EGRESS}/web.d/$1.conf"
  install_file "${NANOCLAW_WORK}/domains" "${EGRESS}/web.d/$1.domains"
  install_file "${NANOCLAW_WORK}/port" "${EGRESS}/web.d/$1.port"
  printf '%s ' "${EGRESS}/web.d/$1".{conf,domains,port} "${EGRESS}/hello.d/$1.conf"
}

# squid wants a certificate on a port that looks at TLS, although it never shows one: nothing is decrypted.
ensure_certificate() {
  [[ ! -s ${EGRESS}/web.pem ]] || return 0
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=nanoclaw-web.invalid \
    -keyout "${NANOCLAW_WORK}/key.pem" -out "${NANOCLAW_WORK}/cert.pem" 2>/dev/null
  cat "${NANOCLAW_WORK}/cert.pem" "${NANOCLAW_WORK}/key.pem" >"${NANOCLAW_WORK}/web.pem"
  install_file "${NANOCLAW_WORK}/web.pem" "${EGRESS}/web.pem" 0640 root:nanoclaw-web
}

# start_door ROLE PREFIX: systemd listens on the role's socket.
start_door() {
  local unit="nanoclaw-web-door@$1.socket" port=${SETTINGS[$2.web.port]-} pid
  [[ -n ${port} ]] || return 0
  pid=$(systemctl show -p MainPID --value "${unit%.socket}.service")
  # A forwarder that runs leads where its own arguments say.
  if has_changed nanoclaw-web-door@ || { ((pid > 0)) && ! tr '\0' '\n' <"/proc/${pid}/cmdline" | grep -qxF "127.0.0.1:${port}"; }; then
    systemctl stop "${unit}" "nanoclaw-web-door@$1.service" 2>/dev/null || true
  fi
  systemctl -q is-enabled "${unit}" 2>/dev/null && systemctl -q is-active "${unit}" && [[ -S ${DOORS}/$1/web.sock ]] && return
  systemctl stop "${unit}" 2>/dev/null || true
  systemctl -q enable --now "${unit}"
  changed "${unit}"
}

# stop_door ROLE
stop_door() {
  systemctl -q disable --now "nanoclaw-web-door@$1.socket" 2>/dev/null || true
  systemctl stop "nanoclaw-web-door@$1.service" 2>/dev/null || true
  remove_path "${DOORS:?}/$1/web.sock"
}

role_port() {
  [[ -z ${SETTINGS[$2.web.port]-} ]] || printf '%s\n' "$1"
}

# Doors that are enabled and belong to no role with a list.
stop_other_doors() {
  local link role
  for link in /etc/systemd/system/sockets.target.wants/nanoclaw-web-door@*.socket; do
    [[ -L ${link} ]] || continue
    role=${link##*@}
    role=${role%.socket}
    each_role role_port | grep -qxF -- "${role}" || { stop_door "${role}" && changed "door of ${role} closed"; }
  done
}

apply_web() {
  local wanted
  stop_other_doors
  if ! needs_web; then
    systemctl -q disable --now "${WEB}" "${HELLO}" 2>/dev/null || true
    remove_path "${EGRESS}/web.d" "${EGRESS}/hello.d" "${EGRESS}/web.pem"
    return
  fi
  ensure_certificate
  mkdir -p "${EGRESS}/web.d" "${EGRESS}/hello.d"
  wanted=$(each_role write_list)
  # shellcheck disable=SC2086 # a list of paths
  only_wanted "${EGRESS}/web.d" ${wanted}
  # shellcheck disable=SC2086 # a list of paths
  only_wanted "${EGRESS}/hello.d" ${wanted}
  run_unit hello
  run_unit web
  each_role start_door
  assert_listening "${WEB}" '/web\.sock$' "$(each_role role_port | wc -l)"
  assert_ports
}

# squid itself, behind the sockets: systemd listens on those whether squid runs or not.
assert_ports() {
  local attempt missing
  for ((attempt = 0; attempt < 200; attempt++)); do
    missing=$(each_role port_missing)
    [[ -n ${missing} ]] || break
    sleep 0.1
  done
  [[ -z ${missing} ]] || unit_failed_to_listen "${WEB}" "the ports of all roles and" "no port for ${missing}"
  nft list table inet nanoclaw_web >/dev/null || die "${WEB}" "its firewall rules" "no nft table nanoclaw_web" "see \`systemctl status ${WEB}\`"
}

port_missing() {
  local port=${SETTINGS[$2.web.port]-} hex
  [[ -n ${port} ]] || return 0
  printf -v hex '0100007F:%04X' "${port}"
  awk -v address="${hex}" '$2 == address && $4 == "0A" { found = 1 } END { exit !found }' /proc/net/tcp || printf '%s ' "$1"
}
