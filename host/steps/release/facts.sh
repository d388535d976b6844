#!/bin/sh
# A changed release shows in its package; reading all of it would take too long.
stat -c 'file %n %U %a %s' /opt/nanoclaw/releases/*/package.json 2>/dev/null || echo "no release"
# The archive that the operator uploaded: steps and the probe start in the directory that it is relative to.
archive=''
read -r archive 2>/dev/null </var/lib/nanoclaw-runtime/steps/release/upload
if [ -f "${archive}" ]; then echo "upload ${archive}"; elif [ -n "${archive}" ]; then echo "upload ${archive} missing"; fi
