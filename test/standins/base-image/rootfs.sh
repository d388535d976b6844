#!/bin/sh
# STAND-IN, only for closed networks: what node:22-slim has on top of Debian. Called by mmdebstrap: rootfs.sh <root>.
set -eu
root=$1

mkdir -p "${root}/usr/local/lib/node_modules/npm"
tar -xzf "${NODE_TARBALL:?}" -C "${root}/usr/local/bin" --strip-components=2 --no-same-owner package/bin/node
tar -xzf "${NPM_TARBALL:?}" -C "${root}/usr/local/lib/node_modules/npm" --strip-components=1 --no-same-owner
rm -rf "${root}/usr/local/lib/node_modules/npm/docs" "${root}/usr/local/lib/node_modules/npm/man"
for command in npm npx; do
  chmod 755 "${root}/usr/local/lib/node_modules/npm/bin/${command}-cli.js"
  ln -sf "../lib/node_modules/npm/bin/${command}-cli.js" "${root}/usr/local/bin/${command}"
done
ln -sf node "${root}/usr/local/bin/nodejs"
chmod 755 "${root}/usr/local/bin/node"

chroot "${root}" groupadd --gid 1000 node
chroot "${root}" useradd --uid 1000 --gid node --shell /bin/bash --create-home node
# apt's lists are large and stale by the time anyone builds on this.
rm -rf "${root}"/var/lib/apt/lists/* "${root}"/var/cache/apt/* "${root}"/var/cache/debconf/*-old "${root}"/var/log/*
