#!/bin/sh
# Our base image, read from podman's index: podman itself takes a second to start under emulation.
index=/home/nanoclaw/.local/share/containers/storage/overlay-images/images.json
jq -r '.[] | .id as $id | .names[]? | select(startswith("localhost/nanoclaw-base")) | "image \(.) \($id)"' "${index}" 2>/dev/null | sort
[ -r "${index}" ] || echo "image storage missing"
# The archive that the operator uploaded: steps and the probe start in the directory that it is relative to.
archive=''
read -r archive 2>/dev/null </var/lib/nanoclaw-runtime/steps/baseImage/upload
if [ -f "${archive}" ]; then echo "upload ${archive}"; elif [ -n "${archive}" ]; then echo "upload ${archive} missing"; fi
