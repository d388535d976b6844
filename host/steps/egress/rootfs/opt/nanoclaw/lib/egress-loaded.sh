#!/bin/sh
# egress-loaded.sh gateway|web|hello [starting|reloading|loaded]: what a unit runs with, so that a change which a killed
# run left unloaded is noticed by the next one. Alone it prints the digest of the files as they are now. The unit notes
# that before it reads them (`starting`, `reloading`), and afterwards that it did (`loaded`). Root only: it is made of keys, too.
set -eu
umask 022

part=$1
case ${part} in
  gateway) files='nginx.conf api.conf gateway.d gateway-names secrets /etc/ssl/certs/ca-certificates.crt' ;;
  web) files='squid.conf squid-common.conf web.d web.nft' ;;
  *) files='squid-hello.conf squid-common.conf hello.d web.d web.pem' ;;
esac
note=/run/nanoclaw-loaded/${part}

digest() {
  cd /etc/nanoclaw/egress
  # shellcheck disable=SC2086 # a list of paths
  find ${files} /opt/nanoclaw/lib/egress-addresses.sh -type f 2>/dev/null | sort | xargs sha256sum | sha256sum
}

case ${2:-print} in
  print) digest ;;
  loaded) mv "${note}.loading" "${note}.loaded" ;;
  *)
    mkdir -p "${note%/*}"
    (umask 077 && digest >"${note}.loading")
    # A unit's own file counts from its start, not from a reload.
    [ "$2" != starting ] || sha256sum <"/etc/systemd/system/nanoclaw-${part}.service" >"${note}.started"
    ;;
esac
