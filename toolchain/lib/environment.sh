# shellcheck shell=bash disable=SC2154,SC2153  # variables in capitals are those of setup.sh
# Writes .state/env.sh, which everything that calls node or pulumi reads first, and the passphrase. Sourced by setup.sh.

write_environment() {
  local closed="" text
  if [[ -f "${BIN}/pulumi-language-nodejs" ]] || grep -qs "stand-in" "${PULUMI_HOME_OURS}"/plugins/*/pulumi-resource-command; then
    closed="
# The plugins here are stand-ins of a closed network: do not look for others on the internet.
export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true"
  fi
  write_passphrase
  mkdir -p "${STATE}/pulumi" "${PULUMI_HOME_OURS}"
  text="# Written by toolchain/setup.sh; source it: . .state/env.sh
case \":\${PATH}:\" in *':${BIN}:'*) ;; *) export PATH='${BIN}':\"\${PATH}\" ;; esac
export PULUMI_HOME='${PULUMI_HOME_OURS}'
export PULUMI_BACKEND_URL='file://${STATE}/pulumi'
export PULUMI_CONFIG_PASSPHRASE_FILE='${STATE}/passphrase'
export PULUMI_SKIP_UPDATE_CHECK=true${closed}
export NODE_COMPILE_CACHE='${STATE}/node-compile-cache'
export NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_FUND=false NPM_CONFIG_AUDIT=false"
  if [[ -f "${STATE}/env.sh" && "$(<"${STATE}/env.sh")" == "${text}" ]]; then return; fi
  printf '%s\n' "${text}" >"${STATE}/env.sh.part"
  mv "${STATE}/env.sh.part" "${STATE}/env.sh"
}

# write_passphrase: random, made once; stacks of this checkout are encrypted with it, so it is never replaced.
write_passphrase() {
  [[ ! -s "${STATE}/passphrase" ]] || return 0
  (umask 077; head -c 32 /dev/urandom | base64 >"${STATE}/passphrase.part")
  mv "${STATE}/passphrase.part" "${STATE}/passphrase"
}
