# shellcheck shell=bash
# The first boot of a machine that cloud-init prepares: it may still make users, grow disks and hold apt's lock while
# SSH answers already.

# await_cloud_init: ends when cloud-init has; a failure ends the step with its log, what it could mend is told.
await_cloud_init() {
  local code=0
  command -v cloud-init >/dev/null || return 0
  log "waiting for cloud-init, which prepares the machine at its first boot"
  # 0: done, or switched off. 1: failed. 2: done, but something went wrong on the way.
  cloud-init status --wait >/dev/null 2>&1 || code=$?
  case ${code} in
    0) ;;
    2) log "warning: cloud-init ended with errors that it could recover from: $(cloud_init_errors)" ;;
    *)
      tail -n 30 /var/log/cloud-init-output.log /var/log/cloud-init.log 2>/dev/null | sed 's/^/| /' >&2 || true
      die "machine" "a first boot that cloud-init finishes" "exit code ${code} of \`cloud-init status --wait\`: $(cloud_init_errors)" \
        "see its log above; make a machine of the stack's anew (\`pulumi up --replace\`); on one of yours that is well all the same: touch /etc/cloud/cloud-init.disabled"
      ;;
  esac
}

# What cloud-init says went wrong, in one line.
cloud_init_errors() {
  cloud-init status --long 2>/dev/null | tr -s ' \n' ' ' | cut -c1-500
}
