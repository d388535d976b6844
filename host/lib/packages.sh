# shellcheck shell=bash
# shellcheck disable=SC2154 # NANOCLAW_* variables come from run-step.sh and step.sh
# Debian packages, on a host where a former run may have been killed in the middle of dpkg.

export DEBIAN_FRONTEND=noninteractive
readonly APT_LOCK=/run/nanoclaw-runtime/apt.lock

# Runs a package command; while another program (cloud-init, unattended-upgrades) holds a lock it waits and says so.
# Descriptor 9, the step's lock, is closed for it: a dpkg that outlives a killed step has locks of its own.
package_command() {
  local output waited=0
  while ! output=$("$@" 2>&1 </dev/null 9>&-); do
    if ! grep -qiE 'could not get lock|is locked by another process|unable to (acquire|lock)|frontend lock' <<<"${output}"; then
      printf '%s\n' "${output}" | tail -n 30 >&2
      return 1
    fi
    ((waited < 900)) || die "packages" "the package manager to be free" "a lock held for 15 minutes" \
      "see \`ps -ef | grep -E 'apt|dpkg'\` on the host, let it end, and run \`pulumi up\` again"
    ((waited % 30)) || log "waiting for another package manager (cloud-init or unattended-upgrades) to finish, ${waited} s so far"
    sleep 5
    waited=$((waited + 5))
  done
}

# What a killed dpkg left half done is finished first: apt refuses to work before.
repair_packages() {
  [[ -n $(dpkg --audit 2>/dev/null) || -n $(find /var/lib/dpkg/updates -name '[0-9]*' -print -quit 2>/dev/null) ]] || return 0
  log "finishing a package installation that was interrupted"
  package_command dpkg --configure -a --force-confold --force-unsafe-io || true
  package_command apt-get -y -f install -o Dpkg::Options::=--force-confold ||
    die "packages" "a consistent dpkg" "one that neither \`dpkg --configure -a\` nor \`apt-get -f install\` can repair" "repair it by hand on the host, then run \`pulumi up\` again"
  changed "dpkg repaired"
}

# Prints those of the named packages that are not installed.
missing_packages() {
  local installed package
  installed=$'\n'$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null || true)$'\n'
  for package in "$@"; do
    [[ ${installed} == *$'\nii '"${package}"$'\n'* ]] || printf '%s\n' "${package}"
  done
}

# refresh_lists [force]: package lists newer than a day, or anew.
refresh_lists() {
  if [[ ${1:-} != force && -n $(find /var/lib/apt/lists -maxdepth 1 -name '*Packages*' -mtime -1 -print -quit 2>/dev/null) ]]; then
    return
  fi
  log "updating the package lists"
  package_command apt-get update -q -o Acquire::Retries=3 -o Acquire::Languages=none -o APT::Update::Error-Mode=any ||
    die "aptMirror" "a reachable Debian or Ubuntu archive" "the errors above" "check the host's network and /etc/apt, or set sources.aptMirror"
}

# apt_install PACKAGE…: installs those that are missing. Where none is, nobody waits for another step's installation.
apt_install() {
  local missing
  [[ -n $(missing_packages "$@") ]] || return 0
  exec 8>"${APT_LOCK}"
  flock 8 # two steps of one host run side by side
  repair_packages
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]})); then
    refresh_lists
    log "installing packages: ${missing[*]}"
    try_install "${missing[@]}" || { refresh_lists force && try_install "${missing[@]}"; } ||
      die "packages" "${missing[*]} installed" "the apt error above" "check the host's network, free disk space and /etc/apt, then run \`pulumi up\` again"
    changed "packages ${missing[*]}"
  fi
  exec 8>&-
}

# Unsafe I/O: an interrupted installation is repaired anyway, and it saves a third of the time.
try_install() {
  package_command apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold \
    -o Dpkg::Options::=--force-unsafe-io -o Acquire::Retries=3 "$@" 8>&-
}

# jq reads the settings, so it comes before any of them can be read; all but the mirror, which sed can find: the
# operator writes the JSON on one line, and a URL needs no escapes.
ensure_jq() {
  command -v jq >/dev/null && return
  local mirror
  mirror=$(sed -n 's/.*"aptMirror":"\([^"\\]*\)".*/\1/p' "${NANOCLAW_WORK}/settings.json")
  if [[ -n ${mirror} ]]; then
    # shellcheck source=./sources.sh
    source "${NANOCLAW_LIB}/sources.sh"
    use_apt_mirror "${mirror}"
  fi
  apt_install jq
}
