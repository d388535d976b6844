# shellcheck shell=bash disable=SC2154,SC2153  # variables in capitals are those of setup.sh
# Part `plugins`: Pulumi's Node language host and its `command` plugin: the official ones, else the stand-ins of
# test/standins. Sourced by setup.sh.

part_plugins() {
  run_part node
  run_part npm
  run_part pulumi
  language_host
  command_plugin
}

# language_host: comes with every official Pulumi, beside its executable; a build from Go modules has none.
language_host() {
  local name="pulumi-language-nodejs" beside
  beside="$(dirname "$(readlink -f "${BIN}/pulumi")")/${name}"
  if [[ "${beside}" != "${BIN}/${name}" && -x "${beside}" ]]; then
    rm -f "${BIN:?}/${name}"
    say "language host: official, beside ${beside%/*}/pulumi"
  elif [[ -n "$(outside_command "${name}")" ]]; then
    rm -f "${BIN:?}/${name}"
    say "language host: $(outside_command "${name}")"
  else
    write_launcher "${BIN}/${name}" "${name}"
    say "language host: STAND-IN of test/standins (this Pulumi came without one)"
  fi
}

# command_plugin: on PATH, in the user's Pulumi home, downloaded, else the stand-in.
command_plugin() {
  local name="pulumi-resource-command" version="v${COMMAND_PLUGIN_VERSION}" theirs ours arch="${ARCH/x64/amd64}"
  ours="${PULUMI_HOME_OURS}/plugins/resource-command-${version}"
  theirs="${PULUMI_HOME:-${HOME}/.pulumi}/plugins/resource-command-${version}"
  # In a shell that sourced env.sh, PULUMI_HOME is ours.
  is_official "${theirs}" || theirs="${HOME}/.pulumi/plugins/resource-command-${version}"
  mkdir -p "${PULUMI_HOME_OURS}/plugins"
  if [[ -n "$(outside_command "${name}")" ]]; then
    say "command plugin: $(outside_command "${name}") (Pulumi prefers what is on PATH)"
  elif is_official "${ours}"; then
    say "command plugin: official ${version}"
  elif is_official "${theirs}"; then
    rm -rf "${ours}"
    cp -al "${theirs}" "${ours}" 2>/dev/null || { rm -rf "${ours}"; cp -a "${theirs}" "${ours}"; }
    say "command plugin: official ${version}, from ${theirs}"
  elif download_is_due "${ours}/${name}" && answers "https://get.pulumi.com/releases/plugins/${name}-${version}-linux-${arch}.tar.gz" && install_command_plugin "${version}"; then
    say "command plugin: official ${version}, downloaded"
  else
    mkdir -p "${ours}"
    write_launcher "${ours}/${name}" "${name}"
    say "command plugin: STAND-IN of test/standins (the official ${version} is not here and could not be downloaded; tried again once a day)"
  fi
}

# download_is_due STANDIN: at most once a day while the stand-in is there, for in a closed network each try has to wait.
download_is_due() {
  local tried="${WORK}/command-plugin-tried"
  if [[ -x "$1" && -f "${tried}" ]] && ((EPOCHSECONDS - $(stat -c %Y "${tried}") < 86400)); then return 1; fi
  : >"${tried}"
}

is_official() { [[ -x "$1/pulumi-resource-command" ]] && ! head -c 300 "$1/pulumi-resource-command" | grep -qa "stand-in"; }

install_command_plugin() {
  # --reinstall: else Pulumi takes the stand-in for what it was asked for.
  PULUMI_HOME="${PULUMI_HOME_OURS}" PULUMI_SKIP_UPDATE_CHECK=true "${BIN}/pulumi" plugin install resource command "$1" --reinstall
}

# write_launcher FILE STANDIN: a small program that starts test/standins/STANDIN with the toolchain's Node.
write_launcher() {
  local text
  text="#!/bin/sh
# Starts a stand-in, for networks where the official plugin cannot be had (written by toolchain/setup.sh).
NODE_COMPILE_CACHE='${STATE}/node-compile-cache' exec '${BIN}/node' --disable-warning=ExperimentalWarning '${ROOT}/test/standins/$2/main.ts' \"\$@\""
  if [[ -f "$1" && "$(<"$1")" == "${text}" ]]; then return; fi
  printf '%s\n' "${text}" >"$1.part"
  chmod 755 "$1.part"
  mv "$1.part" "$1"
}
