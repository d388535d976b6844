#!/bin/bash
# STAND-IN, only for tests: a small world of network namespaces around a host, so that what agents must not reach is
# there to be reached. `world.sh up DIRECTORY` makes an "internet" (of addresses that are nobody's, 198.51.100.0/24), a
# "LAN" and a "metadata service", each with a server; names are in /etc/hosts; certificates are of a CA of its own.
set -euo pipefail
directory=$2
node=${directory}/node

# space NAME HOST-ADDRESS ADDRESS…: a namespace with a link to the host.
space() {
  local name=$1 gateway=$2 address
  shift 2
  ip netns add "${name}"
  ip link add "w-${name}" type veth peer name eth0 netns "${name}"
  ip address add "${gateway}" dev "w-${name}"
  ip link set "w-${name}" up
  for address in "$@"; do ip -n "${name}" address add "${address}" dev eth0 nodad 2>/dev/null || ip -n "${name}" address add "${address}" dev eth0; done
  ip -n "${name}" link set eth0 up
  ip -n "${name}" link set lo up
}

# server UNIT NAMESPACE CERTIFICATE NAME [PLAIN]
server() {
  systemd-run --quiet --unit="world-$1" --property=NetworkNamespacePath="/run/netns/$2" "${node}" --disable-warning=ExperimentalWarning "${directory}/server.mts" "${directory}/$3" "$4" "${directory}/$1.log"
}

certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -addext "subjectAltName=DNS:$1,DNS:*.$1" -keyout "${directory}/$1.key" -out "${directory}/$1.csr" 2>/dev/null
  openssl x509 -req -in "${directory}/$1.csr" -CA "${directory}/$2.crt" -CAkey "${directory}/$2.key" -CAcreateserial -days 2 -copy_extensions copy -out "${directory}/$1.crt" 2>/dev/null
}

authority() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" -keyout "${directory}/$1.key" -out "${directory}/$1.crt" 2>/dev/null
}

up() {
  space internet 198.51.100.1/24 198.51.100.20/24 198.51.100.21/24
  ip address add 2001:db8:77::1/64 dev w-internet nodad
  ip -n internet address add 2001:db8:77::10/64 dev eth0 nodad
  space lan 10.77.0.1/24 10.77.0.2/24
  ip address add fd77::1/64 dev w-lan nodad
  ip -n lan address add fd77::2/64 dev eth0 nodad
  space metadata 169.254.1.1/16 169.254.169.254/16
  ip address add fd00:ec2::1/64 dev w-metadata nodad
  ip -n metadata address add fd00:ec2::254/64 dev eth0 nodad
  authority trusted
  authority other
  certificate world.test trusted
  certificate stranger.test other
  cat >>/etc/hosts <<HOSTS
198.51.100.20 world.test api.world.test listed.world.test front.world.test git.world.test a.deep.world.test misnamed.test
198.51.100.21 stranger.test
10.77.0.2 lan.world.test
fd77::2 lan6.world.test
169.254.169.254 meta.world.test
fd00:ec2::254 meta6.world.test
127.0.0.1 loop.world.test
198.51.100.1 self.world.test
HOSTS
  server internet internet world.test 198.51.100.20
  server stranger internet stranger.test 198.51.100.21
  server lan lan world.test 10.77.0.2
  server lan6 lan world.test fd77::2
  server metadata metadata world.test 169.254.169.254
  server metadata6 metadata world.test fd00:ec2::254
}

"$1"
