#!/bin/sh
# STAND-IN, only for tests: the address that host and containers alike reach the Messages API stand-in at (TEST-NET-1).
# `interface.sh up` makes it on a dummy interface, or on lo where the kernel has no dummy driver; `down` removes it.
set -eu
address=192.0.2.1/32
case $1 in
  up)
    device=nanoclaw-api0
    ip link show "${device}" >/dev/null 2>&1 || ip link add "${device}" type dummy 2>/dev/null || device=lo
    ip address replace "${address}" dev "${device}"
    ip link set "${device}" up
    ;;
  down)
    ip link delete nanoclaw-api0 2>/dev/null || ip address delete "${address}" dev lo 2>/dev/null || true
    ;;
  *)
    echo "usage: interface.sh up|down" >&2
    exit 2
    ;;
esac
