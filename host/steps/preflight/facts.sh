#!/bin/sh
# A host whose distribution was upgraded is looked at again.
. /etc/os-release
echo "os ${ID} ${VERSION_ID:-none}"
# The host bundle: steps and the probe start in the directory that holds it.
if [ -f .nanoclaw-host.run ]; then echo "upload .nanoclaw-host.run"; else echo "upload .nanoclaw-host.run missing"; fi
