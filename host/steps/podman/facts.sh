#!/bin/sh
# One fact per line: kind, name, value. Runs at every preview: reads files and the kernel, starts no podman.
id=$(id -u nanoclaw 2>/dev/null) || { echo "user nanoclaw missing"; exit 0; }
home=/home/nanoclaw/.config/containers
# shellcheck disable=SC2086 # several paths
for file in /etc/systemd/user/nanoclaw-agents.slice /etc/systemd/user/nanoclaw-build.slice /etc/systemd/system/nanoclaw-build.slice \
  /etc/systemd/system/nanoclaw-imds.service /etc/systemd/system/var-lib-nanoclaw.mount /etc/nanoclaw/imds.nft /etc/modules-load.d/nanoclaw.conf /etc/profile.d/nanoclaw.sh \
  /etc/containers/nodocker ${home}/containers.conf ${home}/storage.conf ${home}/registries.conf.d/nanoclaw.conf \
  /usr/local/share/ca-certificates/nanoclaw-*.crt /var/lib/systemd/linger/nanoclaw; do
  [ -e "${file}" ] && set -- "$@" "${file}"
done
sha256sum "$@" | while read -r sum file; do echo "file ${file} ${sum}"; done
dpkg-query -W -f '${Package} ${Version}\n' podman podman-docker crun slirp4netns passt uidmap netavark 2>/dev/null |
  while read -r name version; do [ -n "${version}" ] && echo "package ${name} ${version}"; done
systemctl show -p ActiveState --value nanoclaw-imds.service "user@${id}.service" | tr '\n' ' ' | { read -r imds user || :; echo "unit nanoclaw-imds.service ${imds}"; echo "unit user@${id}.service ${user}"; }
nft list table inet nanoclaw_imds 2>/dev/null | grep -c reject | { read -r rules; echo "firewall metadata-service ${rules} rules"; }
manager=/sys/fs/cgroup/user.slice/user-${id}.slice/user@${id}.service/nanoclaw.slice
for slice in nanoclaw-agents.slice nanoclaw-build.slice; do
  for cap in memory.max cpu.max pids.max; do
    read -r value <"${manager}/${slice}/${cap}" || value=missing
    echo "cap ${slice}/${cap} ${value}"
  done
done 2>/dev/null
[ -S "/run/user/${id}/podman/podman.sock" ] && echo "socket podman.sock present"
sed -n 's/^nanoclaw:/subordinate-uids /p' /etc/subuid
sed -n 's/^nanoclaw:/subordinate-gids /p' /etc/subgid
awk '$2 == "/var/lib/nanoclaw" { print "mount " $2 " " $1 }' /proc/mounts
# An enlarged volume or system disk is a difference, so that the next `up` grows the file system on it.
sed -n 's,^/dev/\([^ ]*\) /var/lib/nanoclaw .*,\1,p' /proc/mounts | while read -r device; do
  read -r sectors <"/sys/class/block/${device}/size" && echo "volume /var/lib/nanoclaw ${sectors} sectors"
done
awk '$5 == "/" { print "/sys/dev/block/" $3 }' /proc/self/mountinfo | while read -r root; do
  [ -e "${root}" ] || continue
  [ ! -e "${root}/partition" ] || root=${root}/..
  read -r sectors <"${root}/size" && echo "volume / ${sectors} sectors"
done
exit 0
