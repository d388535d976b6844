# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of apply.sh and step.sh
# nginx: the doors to the model's API and to git, with the credentials that it adds.

readonly GATEWAY=nanoclaw-gateway.service

needs_gateway() {
  local need
  need=$(each_role role_needs_gateway)
  [[ -n ${need} ]]
}

role_needs_gateway() {
  [[ ${SETTINGS[$2.api]-} != true ]] || printf 'yes'
}

# secret_file NAME: installs stdin as a file of secrets that only nginx's master, which is root, reads.
secret_file() {
  cat >"${NANOCLAW_WORK}/secret"
  install_file "${NANOCLAW_WORK}/secret" "${EGRESS}/secrets/$1.conf" 0600
}

# Both headers are always set: what the agent sends in either never gets out.
write_api_secret() {
  local value
  value=$(setting credential.value)
  [[ ! ${value} =~ [[:space:]\"\'\\\$\;\{\}] ]] || die "credential" "one word without quotes, \\, \$, ; and braces" "something else (not shown)" "\`pulumi config set --secret anthropicApiKey\` sets it anew"
  case $(setting credential.kind) in
    oauthToken) printf 'proxy_set_header x-api-key "";\nproxy_set_header Authorization "Bearer %s";\n' "${value}" ;;
    *) printf 'proxy_set_header x-api-key "%s";\nproxy_set_header Authorization "";\n' "${value}" ;;
  esac | secret_file api
}

# What facts.sh compares the secrets' files with: a digest of them never leaves this directory.
write_sums() {
  sha256sum "${EGRESS}"/secrets/*.conf >"${NANOCLAW_WORK}/sums"
  install_file "${NANOCLAW_WORK}/sums" "${EGRESS}/secrets/.sums" 0600
}

# The names whose addresses nginx needs, in the order of its variables: the API's first, then git's.
write_names() {
  {
    required upstream.host
    git_hosts
  } >"${NANOCLAW_WORK}/names"
  install_file "${NANOCLAW_WORK}/names" "${EGRESS}/gateway-names"
}

git_hosts() {
  jq -r '(.gitTokens // {}) | keys[]' "${NANOCLAW_WORK}/settings.json"
}

# The tokens by jq, not by `setting`: the hosts' names have dots.
write_git_secrets() {
  local host
  while read -r host; do
    jq -r --arg host "${host}" '"proxy_set_header Authorization \"Basic " + ("x-access-token:" + .gitTokens[$host] | @base64) + "\";"' "${NANOCLAW_WORK}/settings.json" | secret_file "git-${host}"
  done < <(git_hosts)
}

# pattern TEXT: TEXT as a regular expression that matches itself; names of hosts and repositories hold no other special character.
pattern() {
  printf '%s' "${1//./\\.}"
}

# repositories PREFIX: the locations of a role's repositories.
repositories() {
  local repository host number
  while read -r repository; do
    host=${repository%%/*}
    number=$(git_hosts | grep -nxF -- "${host}" | cut -d: -f1)
    render "${NANOCLAW_STEP_DIR}/templates/git-repository.conf.in" HOST="${host}" HOST_PATTERN="$(pattern "${host}")" PATH_PATTERN="$(pattern "${repository#*/}")" NUMBER="${number}"
  done < <(list "$1.gitRepositories")
}

# Requests at once that a role may send before its rate counts.
burst() {
  printf '%s' "$(($(required requestsPerSecond) * 10))"
}

# write_doors ROLE PREFIX: the role's servers; prints the files.
write_doors() {
  local file
  [[ ${SETTINGS[$2.api]-} == true ]] || return 0
  file=${EGRESS}/gateway.d/$1-api.conf
  render "${NANOCLAW_STEP_DIR}/templates/api-server.conf.in" ROLE="$1" >"${NANOCLAW_WORK}/server"
  install_file "${NANOCLAW_WORK}/server" "${file}"
  printf '%s ' "${file}"
  [[ -n ${SETTINGS[$2.gitRepositories.0]-} ]] || return 0
  file=${EGRESS}/gateway.d/$1-git.conf
  render "${NANOCLAW_STEP_DIR}/templates/git-server.conf.in" ROLE="$1" BURST="$(burst)" CONNECTIONS="$(required connections)" REPOSITORIES="$(repositories "$2")" >"${NANOCLAW_WORK}/server"
  install_file "${NANOCLAW_WORK}/server" "${file}"
  printf '%s ' "${file}"
}

apply_gateway() {
  local wanted secrets
  if ! needs_gateway; then
    systemctl -q disable --now "${GATEWAY}" 2>/dev/null || true
    remove_path "${EGRESS}/gateway.d" "${EGRESS}/secrets" "${EGRESS}/gateway-names"
    return
  fi
  ensure_system_user nanoclaw-gateway
  make_directory "${EGRESS}/secrets" 0700 root:root
  mkdir -p "${EGRESS}/gateway.d"
  write_api_secret
  write_git_secrets
  write_names
  wanted=$(each_role write_doors)
  # shellcheck disable=SC2086 # a list of paths
  only_wanted "${EGRESS}/gateway.d" ${wanted}
  secrets=$(printf "${EGRESS}/secrets/%s.conf " api && git_hosts | xargs -r printf "${EGRESS}/secrets/git-%s.conf ")
  # shellcheck disable=SC2086 # a list of paths
  only_wanted "${EGRESS}/secrets" ${secrets}
  write_sums
  run_unit gateway
  assert_listening "${GATEWAY}" '/(api|git)\.sock$' "$(wc -w <<<"${wanted}")"
}

# run_unit PART: starts the part's unit, or reloads it when what it runs with is not what the files say: by its own note,
# so that what a killed run left is loaded by the next one. Its own configuration test comes first, so that a mistake
# leaves what runs as it is.
run_unit() {
  local unit=nanoclaw-$1.service
  systemctl -q is-enabled "${unit}" 2>/dev/null || { systemctl -q enable "${unit}" && changed "${unit} enabled"; }
  if ! systemctl -q is-active "${unit}" || ! sha256sum <"/etc/systemd/system/${unit}" | cmp -s - "/run/nanoclaw-loaded/$1.started" 2>/dev/null; then
    systemctl reset-failed "${unit}" 2>/dev/null || true
    systemctl restart "${unit}" || unit_failed "${unit}"
    changed "${unit} started"
  elif ! /opt/nanoclaw/lib/egress-loaded.sh "$1" | cmp -s - "/run/nanoclaw-loaded/$1.loaded" 2>/dev/null; then
    systemctl reload "${unit}" || unit_failed "${unit}"
    changed "${unit} reloaded"
  fi
}

unit_failed() {
  journalctl -u "$1" -n 20 --no-pager -o cat 2>&1 | stream
  die "$1" "to start, or to take its new configuration" "the lines above" "report it as a bug, with the stack's \`egress\`"
}

# assert_listening UNIT PATTERN COUNT: as many of the doors that match are open as should be.
assert_listening() {
  local attempt open=0
  for ((attempt = 0; attempt < 100; attempt++)); do
    open=$(awk -v directory="${DOORS}/" -v pattern="$2" '$4 == "00010000" && index($8, directory) == 1 && $8 ~ pattern' /proc/net/unix | wc -l)
    ((open != $3)) || return 0
    sleep 0.1
  done
  unit_failed_to_listen "$1" "$3" "${open}"
}

unit_failed_to_listen() {
  journalctl -u "$1" -n 20 --no-pager -o cat 2>&1 | stream
  die "$1" "$2 sockets below ${DOORS} that it listens on" "$3" "see the lines above and \`systemctl status $1\`"
}
