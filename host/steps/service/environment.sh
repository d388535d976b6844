# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of step.sh
# What NanoClaw is told: by its environment (nothing secret) and by `.env`, the only place where it looks for secrets.

readonly SERVICE_ENVIRONMENT=/etc/nanoclaw/nanoclaw.env
readonly ALLOWLIST=/etc/nanoclaw/mount-allowlist.json
# ~/.config/nanoclaw is a link to this directory: there NanoClaw looks for the list.
readonly ALLOWLIST_LINK=${STATE}/config/mount-allowlist.json

# lines FILTER FORMAT: the variables that FILTER yields, as lines. A line break would start a variable of its own.
lines() {
  local bad
  bad=$(jq -r "[$1 | to_entries[] | select((.key | test(\"^[A-Za-z_][A-Za-z0-9_]*\$\") | not) or (.value | tostring | test(\"[\\n\\r]\"))) | .key] | join(\", \")" "${NANOCLAW_WORK}/settings.json")
  [[ -z ${bad} ]] || die "environment" "names of letters, digits and _, and values of one line" "${bad}" "correct them in the stack's config"
  jq -r "$1 | to_entries | sort_by(.key)[] | $2" "${NANOCLAW_WORK}/settings.json"
}

write_environment() {
  local all='((.environment // {}) + {MAX_CONCURRENT_CONTAINERS: (.containers | tostring)})'
  # systemd reads "…" with backslash escapes.
  lines "${all}" '"\(.key)=\"\(.value | tostring | gsub("\\\\"; "\\\\") | gsub("\""; "\\\""))\""' >"${NANOCLAW_WORK}/environment"
  install_file "${NANOCLAW_WORK}/environment" "${SERVICE_ENVIRONMENT}" 0640 root:nanoclaw
  # NanoClaw takes what follows the first =, without surrounding quotes.
  lines "((.environment // {}) + (.secretEnvironment // {}))" '"\(.key)=\(.value)"' >"${NANOCLAW_WORK}/dotenv"
  install_file "${NANOCLAW_WORK}/dotenv" "${STATE}/.env" 0600 nanoclaw:nanoclaw
}

# What NanoClaw may ask to mount. The list is root's; a list that we did not make is left alone until the stack has one.
write_allowlist() {
  if jq -e '.mountAllowlist | type == "object"' "${NANOCLAW_WORK}/settings.json" >/dev/null; then
    jq -S .mountAllowlist "${NANOCLAW_WORK}/settings.json" >"${NANOCLAW_WORK}/allowlist"
    install_file "${NANOCLAW_WORK}/allowlist" "${ALLOWLIST}"
    link "${ALLOWLIST}" "${ALLOWLIST_LINK}"
    return
  fi
  [[ $(readlink "${ALLOWLIST_LINK}") != "${ALLOWLIST}" ]] || remove_path "${ALLOWLIST_LINK}"
  remove_path "${ALLOWLIST}"
}
