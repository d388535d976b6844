#!/bin/sh
units=/etc/systemd/system
echo "link /opt/nanoclaw/current $(readlink /opt/nanoclaw/current || echo missing)"
for directory in store data groups logs config; do
  stat -c 'state %n %U:%G %a' "/var/lib/nanoclaw/${directory}" 2>/dev/null || echo "state /var/lib/nanoclaw/${directory} missing"
done
set --
for file in ${units}/nanoclaw.service "${units}"/nanoclaw.service.d/*.conf ${units}/nanoclaw-paired.path /etc/nanoclaw/nanoclaw.env /var/lib/nanoclaw/.env /etc/nanoclaw/mount-allowlist.json /var/lib/nanoclaw/config/mount-allowlist.json /opt/nanoclaw/lib/stop-agents.sh; do
  [ -e "${file}" ] && set -- "$@" "${file}"
done
sha256sum "$@" </dev/null 2>/dev/null | while read -r sum file; do echo "file ${file} ${sum}"; done
systemctl show -p UnitFileState -p ActiveState nanoclaw.service | sort | tr '\n' ' ' | {
  read -r active enabled || :
  # Waiting for pairing and running are both as it should be: that pairing ended the wait is no drift.
  paired=$(sed -n 's/^ConditionPathExists=//p' ${units}/nanoclaw.service.d/pairing.conf 2>/dev/null)
  case ${active#*=} in
    active | activating) active=up ;;
    inactive) if [ -n "${paired}" ] && [ ! -e "${paired}" ]; then active=up; else active=down; fi ;;
    *) active=down ;;
  esac
  echo "unit nanoclaw.service ${enabled#*=} ${active}"
}
for cap in memory.max cpu.max pids.max; do
  [ -r /sys/fs/cgroup/system.slice/nanoclaw.service/${cap} ] || continue
  read -r value </sys/fs/cgroup/system.slice/nanoclaw.service/${cap}
  # The unit's file names the wanted value; the kernel's is compared with it, for the cgroup is gone while it waits.
  wanted=$(sed -n "s/^$(case ${cap} in memory.max) echo MemoryMax ;; cpu.max) echo CPUQuota ;; *) echo TasksMax ;; esac)=//p" ${units}/nanoclaw.service.d/resources.conf)
  case ${cap} in cpu.max) value=$((${value% *} * 100 / ${value#* }))% ;; esac
  [ "${value}" = "${wanted}" ] || echo "cap nanoclaw.service/${cap} ${value} instead of ${wanted}"
done
exit 0
