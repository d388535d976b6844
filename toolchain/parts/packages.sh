# shellcheck shell=bash disable=SC2154,SC2153  # variables in capitals are those of setup.sh
# Parts `packages` and `test-packages`: programs of the distribution. Sourced by setup.sh.

# Each line: the program that must be on PATH, the Debian/Ubuntu package that has it, what it is for.
packages_for_use() {
  local qemu="qemu-system-x86_64 qemu-system-x86"
  [[ "${ARCH}" == x64 ]] || qemu="qemu-system-aarch64 qemu-system-arm"
  cat <<LIST
${qemu} the local VM
qemu-img qemu-utils the local VM's disks
mmdebstrap mmdebstrap a Debian disk where no cloud image can be had
mke2fs e2fsprogs the Debian disk's file system
newuidmap uidmap mmdebstrap as an ordinary user
ssh openssh-client connections to hosts
zstd zstd archives
jq jq reading settings in shell
git git NanoClaw's sources
curl curl downloads
LIST
}

packages_for_tests() {
  cat <<LIST
shellcheck shellcheck checks of shell files
sshd openssh-server the conformance test of the command plugin
chromium chromium the look of make status' page
socat socat the test of the agents' entrypoint
LIST
}

part_packages() { require_packages packages_for_use; }

part_test-packages() { require_packages packages_for_tests; }

# require_packages LIST: installs by apt what is missing from a list; says what to run when it may not.
require_packages() {
  local program package purpose missing=() why=()
  while read -r program package purpose; do
    PATH="${PATH}:/usr/sbin:/sbin" command -v "${program}" >/dev/null && continue
    missing+=("${package}")
    why+=("${package} (${purpose})")
  done < <("$1")
  if ((${#missing[@]} == 0)); then
    say "packages of the distribution: all here"
    return
  fi
  say "missing: $(printf '%s; ' "${why[@]}")"
  apt_install "${missing[@]}"
}

# apt_install PACKAGE...: as root, by sudo without a password, or by a sudo that may ask at a terminal.
apt_install() {
  local root=() command="sudo apt-get install -y --no-install-recommends $*"
  command -v apt-get >/dev/null || die "packages" "$*" "a system without apt-get" "install these programs with your system's package manager, then run again"
  if ((EUID != 0)); then
    if sudo -n true 2>/dev/null; then root=(sudo -n)
    elif [[ -t 0 ]] && command -v sudo >/dev/null; then say "sudo may ask for your password: ${command}"; root=(sudo)
    else die "packages" "$*" "no right to install them (not root, and sudo asks for a password)" "${command}"; fi
  fi
  if [[ " $* " == *" openssh-server "* && -d /run/systemd/system ]]; then
    die "packages" "sshd for the conformance test" "none, and installing openssh-server would start an SSH server on this machine" \
      "if you want that: ${command}; the test is skipped without it"
  fi
  say "${command#sudo }"
  # The lists may be missing or old: update only when the first try fails.
  apt_get "$@" || { "${root[@]}" apt-get -qq -o DPkg::Lock::Timeout=300 update && apt_get "$@"; } \
    || die "packages" "$*" "an error of apt-get (see above)" "repair apt, then: ${command}"
}

apt_get() {
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install "$@"
}
