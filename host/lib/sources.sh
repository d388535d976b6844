# shellcheck shell=bash
# shellcheck disable=SC2154 # NANOCLAW_* variables come from run-step.sh and step.sh
# Where the host gets packages from, and whom it trusts. Used by the steps that may run first, side by side: hence locks.

# use_apt_mirror URL: every Debian or Ubuntu archive in the host's sources is read from URL; the originals are kept beside.
use_apt_mirror() {
  local mirror=${1%/} file new
  mirror=${mirror%/debian} mirror=${mirror%/ubuntu} # given with the distribution's directory or without
  exec 8>"/run/nanoclaw-runtime/sources.lock"
  flock 8
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
    [[ -f ${file} ]] || continue
    # Security archives have a path of their own on every mirror; other vendors' archives stay as they are.
    new=$(sed -E "s#https?://[a-z0-9.-]+\.(debian\.org|ubuntu\.com)/(debian-security|debian|ubuntu-ports|ubuntu)#${mirror}/\2#g" "${file}")
    [[ ${new} == "$(<"${file}")" ]] && continue
    [[ -f ${file}.before-nanoclaw ]] || cp -a "${file}" "${file}.before-nanoclaw"
    printf '%s\n' "${new}" >"${file}.nanoclaw-new"
    mv "${file}.nanoclaw-new" "${file}"
    changed "${file}"
    log "packages come from ${mirror} now"
    rm -rf /var/lib/apt/lists/*Packages* # lists of another archive
  done
  exec 8>&-
}

# concatenated DIRECTORY: our certificates there, as one text.
concatenated() {
  find "$1" -maxdepth 1 -name 'nanoclaw-*.crt' 2>/dev/null | sort | xargs -r cat
}

# trust_certificates FILE: makes the host trust exactly these certificates besides its distribution's.
trust_certificates() {
  local bundle=$1 directory=/usr/local/share/ca-certificates wanted before
  wanted=$(mktemp -d "${NANOCLAW_WORK}/certificates.XXXXXX")
  awk -v directory="${wanted}" '
    /-----BEGIN CERTIFICATE-----/ { n++; inside = 1 }
    inside { print > sprintf("%s/nanoclaw-%03d.crt", directory, n) }
    /-----END CERTIFICATE-----/ { inside = 0 }' "${bundle}"
  [[ ! -s ${bundle} || -n $(ls "${wanted}") ]] ||
    die "trustedCaCertificates" "PEM certificates" "text without BEGIN CERTIFICATE" "give the contents of a .pem or .crt file"
  exec 8>"/run/nanoclaw-runtime/sources.lock"
  flock 8
  before=$(concatenated "${directory}")
  if [[ ${before} != "$(concatenated "${wanted}")" || -e ${directory}/.nanoclaw-incomplete ]]; then
    mkdir -p "${directory}"
    : >"${directory}/.nanoclaw-incomplete" # a run killed between here and the update must not look done
    rm -f "${directory}"/nanoclaw-*.crt
    cp "${wanted}"/nanoclaw-*.crt "${directory}/" 2>/dev/null || true
    log "updating the host's trusted certificates ($(find "${wanted}" -name '*.crt' | wc -l) of ours)"
    update-ca-certificates >/dev/null 2>&1 8>&- 9>&-
    rm -f "${directory}/.nanoclaw-incomplete"
    changed "trusted certificates"
  fi
  exec 8>&-
}

# use_package_sources: the mirror of this step's settings, if any.
use_package_sources() {
  local mirror
  mirror=$(setting aptMirror)
  [[ -z ${mirror} ]] || use_apt_mirror "${mirror}"
}

# True when packages come over https, so that a company's certificate must be trusted first. What comes over http is
# signed by the archive all the same.
packages_over_https() {
  grep -rqsE '^[^#]*https://' /etc/apt/sources.list /etc/apt/sources.list.d --include='*.list' --include='*.sources'
}

# use_host_certificates: the certificates of this step's settings.
use_host_certificates() {
  apt_install ca-certificates
  setting trustedCaCertificates >"${NANOCLAW_WORK}/trusted.pem"
  trust_certificates "${NANOCLAW_WORK}/trusted.pem"
}

# use_host_sources: the two settings that HostSources (contract/settings.ts) names.
use_host_sources() {
  use_package_sources
  use_host_certificates
}
