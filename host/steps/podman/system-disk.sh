# shellcheck shell=bash
# The system disk, which a cloud may enlarge while the machine runs: EC2 does so after the start that follows a change of
# type, when cloud-init has looked already. Does now what cloud-init would do at the next boot.

grow_system_disk() {
  local device disk
  device=$(readlink -f "/dev/block/$(findmnt -nro MAJ:MIN /)" || true)
  # A root that is no block device has no such name.
  [[ -n ${device} && ${device} != /dev/block/* ]] || return 0
  if [[ $(lsblk -dnro TYPE "${device}") == part ]] && command -v growpart >/dev/null; then
    disk=$(lsblk -dnrpo PKNAME "${device}")
    # Fails where there is no room behind the partition, and says so on stdout.
    ! growpart "${disk}" "${device##*[!0-9]}" >/dev/null || changed "system disk's partition grown"
  fi
  grow_file_system "${device}" "system disk"
}
