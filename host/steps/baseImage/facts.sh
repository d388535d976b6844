#!/bin/sh
# Our base image, read from podman's index: podman itself takes a second to start under emulation.
index=/home/nanoclaw/.local/share/containers/storage/overlay-images/images.json
jq -r '.[] | .id as $id | .names[]? | select(startswith("localhost/nanoclaw-base")) | "image \(.) \($id)"' "${index}" 2>/dev/null | sort
[ -r "${index}" ] || echo "image storage missing"
