#!/bin/sh
# egress-addresses.sh gateway|web: writes what nginx or squid need to know of this host's network, at each start and reload.
set -eu

# The address that /etc/hosts gives a name, else the name itself, which nginx asks the resolver for.
address_of() {
  address=$(awk -v name="$1" '{ sub(/#.*/, "") } NF > 1 { for (i = 2; i <= NF; i++) if ($i == name) { print ($1 ~ /:/ ? "[" $1 "]" : $1); exit } }' /etc/hosts)
  printf '%s\n' "${address:-$1}"
}

# shellcheck disable=SC2016 # nginx's variables
gateway() {
  servers=$(awk '$1 == "nameserver" && $2 !~ /%/ { printf "%s ", ($2 ~ /:/ ? "[" $2 "]" : $2) }' /etc/resolv.conf)
  ipv6=
  [ -n "$(ip -6 route show default 2>/dev/null)" ] || ipv6=' ipv6=off'
  printf 'resolver %svalid=60s%s;\nresolver_timeout 10s;\n' "${servers:-127.0.0.53 }" "${ipv6}"
  number=0
  while read -r name; do
    printf 'map $server_name $address_%s { default "%s"; }\n' "${number}" "$(address_of "${name}")"
    number=$((number + 1))
  done </etc/nanoclaw/egress/gateway-names
}

web() {
  nft -f /etc/nanoclaw/egress/web.nft
  printf 'acl to_self dst'
  ip -o address show | awk '{ split($4, part, "/"); if (part[1] !~ /^fe80:/) printf " %s", part[1] }'
  printf '\n'
}

# For squid not in its own directory: root writes this, and follows no link that squid could have put there.
file=$(case $1 in gateway) echo /run/nanoclaw-gateway/addresses.conf ;; *) echo /run/nanoclaw-loaded/self.conf ;; esac)
mkdir -p "${file%/*}"
"$1" >"${file}.new"
mv "${file}.new" "${file}"
