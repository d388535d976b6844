#!/bin/sh
# The remote command under which the operator streams probe.sh, as one word of ssh: root where it can be had without a
# question, else the login user, and then the probe says `"sudo": false`.
if [ "$(id -u)" = 0 ]; then exec sh -s; elif sudo -n true 2>/dev/null; then exec sudo -n sh -s; else exec sh -s; fi
