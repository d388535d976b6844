#!/bin/bash
# closed-network.sh SOCKET COMMAND…: runs COMMAND where one unix socket is the only way out, as the proxy 127.0.0.1:3128.
#
# Started by `podman unshare unshare --net`: as root of the service user's own namespaces, in a network that has nothing
# but this loopback. A `podman build --network=host` in it has its RUN steps in the same network, whatever their
# Dockerfile says, and podman itself is in it too: what neither sees, neither reaches. The proxy variables are podman's
# own; it gives them to RUN steps and keeps them out of the image.
set -euo pipefail

readonly SOCKET=$1
shift
ip link set lo up
socat -t 600 TCP-LISTEN:3128,bind=127.0.0.1,fork,reuseaddr,backlog=128 "UNIX-CONNECT:${SOCKET}" </dev/null &
forwarder=$!
trap 'kill "${forwarder}" 2>/dev/null' EXIT
for ((attempt = 0; attempt < 600; attempt++)); do
  ! grep -q ' 0100007F:0C38 00000000:0000 0A ' /proc/net/tcp || break
  kill -0 "${forwarder}" || exit 69
  sleep 0.05
done
export HTTP_PROXY=http://127.0.0.1:3128 HTTPS_PROXY=http://127.0.0.1:3128 NO_PROXY=127.0.0.1,localhost
export http_proxy=${HTTP_PROXY} https_proxy=${HTTPS_PROXY} no_proxy=${NO_PROXY}
"$@"
