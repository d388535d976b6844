#!/bin/bash
# mmdebstrap's customize hook: makes the tree in $1 behave like a cloud image. Nothing of ours is installed here:
# podman, Node and the rest come from the host steps, as on any other machine.
set -euo pipefail
tree="$1"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

cp -r --no-preserve=ownership "${here}/rootfs/." "${tree}/"

# QEMU attaches the root disk as a bare file system with this label, as cloud images call it.
printf 'LABEL=cloudimg-rootfs / ext4 defaults,errors=remount-ro 0 1\n' >"${tree}/etc/fstab"

# Every VM makes its own identity at first boot.
: >"${tree}/etc/machine-id"
rm -f "${tree}"/etc/ssh/ssh_host_*_key "${tree}"/etc/ssh/ssh_host_*_key.pub
printf 'localhost\n' >"${tree}/etc/hostname"
printf '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n' >"${tree}/etc/hosts"

chroot "${tree}" systemctl enable systemd-networkd.service systemd-resolved.service ssh.service
# A development VM lives for days and half its time under emulation: no unasked package work beside the host steps.
chroot "${tree}" systemctl disable apt-daily.timer apt-daily-upgrade.timer
# No getty per virtual console and no waiting for one: there is no screen.
chroot "${tree}" systemctl mask getty@tty1.service
# QEMU boots this kernel from outside the disk: an upgrade in the VM would take its modules away.
for package in "${tree}"/var/lib/dpkg/info/linux-image-*.list; do
  chroot "${tree}" apt-mark hold "$(basename "${package}" .list)"
done
# The linker cache and the like are fresh: without these, first boot makes them again, slowly under emulation.
touch "${tree}/etc/.updated" "${tree}/var/.updated"
# The kernel and its small initrd are read from the tree by the builder.
chroot "${tree}" update-initramfs -u
chroot "${tree}" apt-get clean
