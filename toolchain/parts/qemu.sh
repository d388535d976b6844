# shellcheck shell=bash disable=SC2154,SC2153  # variables in capitals are those of setup.sh
# Part `qemu`: where the distribution's QEMU is old, a newer one from its own backports. Where KVM does not work, QEMU 10
# emulates a host 1.2 to 2.7 times faster than 7.2 (measured: boot 1.2, podman run 1.4, node 1.4, openssl 2.7).
# It lies in the cache, beside the installed one, whose libraries it uses; nothing of the system changes. Sourced by setup.sh.

readonly QEMU_FAST="9.0.0"

part_qemu() {
  run_part packages
  local program=qemu-system-x86_64 system directory
  [[ "${ARCH}" == x64 ]] || return 0 # the other package is ten times as large
  system="$("$(outside_command "${program}")" --version | sed -n '1s/^QEMU emulator version \([0-9.]*\).*/\1/p')"
  if version_at_least "${system}" "${QEMU_FAST}"; then
    rm -f "${BIN}/${program}"
    say "QEMU ${system}: the system's"
    return
  fi
  directory="${CACHE}/qemu-backports"
  if [[ ! -d "${directory}" ]] && ! get_qemu "${directory}"; then
    rm -f "${BIN}/${program}"
    say "QEMU ${system}: the system's; its distribution has no newer one"
    return
  fi
  if ! "${directory}/${program}" --version >/dev/null 2>&1; then
    rm -f "${BIN}/${program}"
    say "QEMU ${system}: the system's; the newer one of the backports does not start here"
    return
  fi
  ln -sfn "${directory}/${program}" "${BIN}/${program}"
  say "QEMU $(sed -n 's/^# version //p' "${directory}/${program}"): the distribution's backports, from the cache (the system's ${system} emulates more slowly)"
}

# get_qemu DIRECTORY: downloads and unpacks it, with apt's own checks of signatures; false where there is none.
get_qemu() {
  local work="${WORK}/qemu" mirror codename debs version
  codename="$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")"
  [[ "${codename}" == bookworm ]] || return 1
  mirror="$(grep -hoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1 | tr -d ' ')"
  [[ -n "${mirror}" && -r /usr/share/keyrings/debian-archive-keyring.gpg ]] || return 1
  rm -rf "${work}" "$1.new"
  mkdir -p "${work}/lists/partial" "$1.new"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s-backports main\n' "${mirror}" "${codename}" >"${work}/sources.list"
  debs=(qemu-system-x86 qemu-system-common qemu-system-data seabios)
  say "QEMU: downloading a newer one from ${codename}-backports"
  (
    cd "${work}"
    apt=(apt-get -qq -o Dir::Etc::SourceList="${work}/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="${work}/lists" -o APT::Sandbox::User=root)
    "${apt[@]}" update && "${apt[@]}" download "${debs[@]}"
  ) >"${work}/apt.log" 2>&1 || { tail -n 3 "${work}/apt.log"; return 1; }
  local deb
  for deb in "${work}"/*.deb; do dpkg -x "${deb}" "$1.new"; done
  version="$(dpkg-deb -f "${work}"/qemu-system-x86_*.deb Version)"
  printf '#!/bin/sh\n# version %s\nexec %q -L %q -L %q "$@"\n' "${version}" "$1/usr/bin/qemu-system-x86_64" "$1/usr/share/qemu" "$1/usr/share/seabios" >"$1.new/qemu-system-x86_64"
  chmod +x "$1.new/qemu-system-x86_64"
  rm -rf "${work}"
  mv -T "$1.new" "$1"
}
