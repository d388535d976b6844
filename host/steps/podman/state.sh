# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of step.sh, which apply.sh sources first
# The state directory /var/lib/nanoclaw, on a volume of its own when the settings name one. Never formats what is not blank.

readonly STATE_LABEL=nanoclaw-state
readonly STATE_MOUNT_UNIT=/etc/systemd/system/var-lib-nanoclaw.mount

# state_block_device NAME: the device for a path or a label; cloud volumes may be attached a while after boot.
state_block_device() {
  local name=$1 candidates=("$1") waited candidate
  [[ ${name} == /* ]] || candidates=("/dev/disk/by-label/${name}" "/dev/disk/by-id/${name}")
  for ((waited = 0; waited < 60; waited++)); do
    for candidate in "${candidates[@]}"; do
      [[ ! -b ${candidate} ]] || { readlink -f "${candidate}" && return; }
    done
    ((waited)) || log "waiting for the state volume ${name}"
    sleep 1
  done
  die "stateDevice" "a block device or the label of one" "${name}, which did not appear within 60 s" \
    "attach the volume; \`lsblk -o NAME,SIZE,LABEL\` and \`ls /dev/disk/by-id\` on the host show what there is"
}

# Formats a blank device. A killed mkfs leaves no superblock, so the device still counts as blank.
format_if_blank() {
  local device=$1 found label
  found=$(blkid -p -o value -s TYPE "${device}" 2>/dev/null || true)
  if [[ -z ${found} && -z $(blkid -p -o value -s PTTYPE "${device}" 2>/dev/null) && -z $(lsblk -nro NAME "${device}" | tail -n +2) ]]; then
    log "formatting the blank volume ${device}"
    mkfs.ext4 -q -L "${STATE_LABEL}" -m 1 "${device}"
    udevadm settle
    changed "state volume formatted"
    return
  fi
  label=$(blkid -p -o value -s LABEL "${device}" 2>/dev/null || true)
  [[ ${label} == "${STATE_LABEL}" ]] || die "stateDevice" "a blank volume, or one labelled ${STATE_LABEL}" \
    "${device} with ${found:-partitions} and label \"${label}\"" "give another volume, or empty this one yourself (its data is lost then): nothing here formats what is not blank"
}

mount_state() {
  mkdir -p "${STATE}"
  printf '%s\n' '# Our state, on its volume. The host boots without it; nanoclaw.service does not start without it.' \
    '[Unit]' 'Description=NanoClaw: state' '' '[Mount]' "What=/dev/disk/by-label/${STATE_LABEL}" "Where=${STATE}" 'Type=ext4' \
    'Options=defaults,noatime,nofail,nodev,nosuid' '' '[Install]' 'WantedBy=multi-user.target' >"${NANOCLAW_WORK}/state.mount"
  install_file "${NANOCLAW_WORK}/state.mount" "${STATE_MOUNT_UNIT}"
  ! has_changed "${STATE_MOUNT_UNIT}" || systemctl daemon-reload
  systemctl -q is-enabled var-lib-nanoclaw.mount || systemctl -q enable var-lib-nanoclaw.mount
  mountpoint -q "${STATE}" && return
  [[ -z $(ls -A "${STATE}") ]] || die "stateDevice" "an empty ${STATE} to mount the volume on" "files there, on the root disk" \
    "stop nanoclaw.service, move them away, run \`pulumi up\`, and copy them onto the volume"
  systemctl start var-lib-nanoclaw.mount
  changed "${STATE} mounted"
}

# grow_file_system DEVICE NAME: a disk that was enlarged (another N) has room that its file system does not know of.
# Grows while it is mounted; ext4 only.
grow_file_system() {
  local device=$1 name=$2 blocks block_size
  read -r blocks block_size < <(dumpe2fs -h "${device}" 2>/dev/null | awk -F: '$1 == "Block count" { count = $2 } $1 == "Block size" { size = $2 } END { print count + 0, size + 0 }')
  ((block_size == 0 || $(blockdev --getsize64 "${device}") / block_size <= blocks)) && return
  log "growing the file system on ${device}"
  resize2fs "${device}" >/dev/null
  changed "${name}'s file system grown"
}

ensure_state_volume() {
  local wanted device
  wanted=$(setting stateDevice)
  if [[ -n ${wanted} ]]; then
    device=$(state_block_device "${wanted}")
    format_if_blank "${device}"
    mount_state
    [[ $(readlink -f "$(findmnt -no SOURCE "${STATE}")") == "${device}" ]] || die "stateDevice" "${device} mounted on ${STATE}" \
      "$(findmnt -no SOURCE "${STATE}")" "two volumes may carry the label ${STATE_LABEL}: detach the other one"
    grow_file_system "${device}" "state volume"
  fi
  make_directory "${STATE}" 0750 "${NANOCLAW_USER}:${NANOCLAW_USER}"
}
