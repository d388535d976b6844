#!/bin/sh
# A host whose distribution was upgraded is looked at again.
. /etc/os-release
echo "os ${ID} ${VERSION_ID:-none}"
