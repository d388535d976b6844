#!/bin/sh
target=$(readlink /opt/nanoclaw/current)
echo "link /opt/nanoclaw/current ${target:-missing}"
# A changed release shows in the times of its directory and package; reading all of it would take too long.
stat -L -c 'file %n %U %a %s' /opt/nanoclaw/current/package.json 2>/dev/null || echo "file /opt/nanoclaw/current/package.json missing"
for directory in store data groups logs config; do
  stat -c 'state %n %U:%G %a' "/var/lib/nanoclaw/${directory}" 2>/dev/null || echo "state /var/lib/nanoclaw/${directory} missing"
done
