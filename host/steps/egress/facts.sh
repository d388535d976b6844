#!/bin/sh
# One fact per line: kind, name, value. Of the secrets' files only whether they are as they were written: a record that
# others may read holds no digest of a key.
find /etc/nanoclaw/egress /etc/tmpfiles.d/nanoclaw-egress.conf /etc/systemd/system/nanoclaw-gateway.service /etc/systemd/system/nanoclaw-web.service /etc/systemd/system/nanoclaw-hello.service \
  /etc/systemd/system/nanoclaw-web-door@.* /opt/nanoclaw/lib/egress-*.sh -type f ! -path '*/secrets/*' 2>/dev/null | sort | xargs -r sha256sum | while read -r sum file; do echo "file ${file} ${sum}"; done
[ -d /etc/nanoclaw/egress ] || exit 0
stat -c 'owner %n %U:%G %a' /etc/nanoclaw/egress/secrets /etc/nanoclaw/egress/secrets/* /run/nanoclaw-egress /run/nanoclaw-egress/* 2>/dev/null
if [ -e /etc/nanoclaw/egress/secrets/.sums ]; then
  if sha256sum --check --status /etc/nanoclaw/egress/secrets/.sums 2>/dev/null; then echo 'secrets credentials as written'; else echo 'secrets credentials changed'; fi
fi
for unit in nanoclaw-gateway.service nanoclaw-web.service nanoclaw-hello.service; do
  systemctl show -p UnitFileState -p ActiveState "${unit}" | sort | tr '\n' ' ' | { read -r active enabled || :; echo "unit ${unit} ${enabled#*=} ${active#*=}"; }
done
# Doors that are open: 00010000 marks a socket that is listened on.
awk '$4 == "00010000" && $8 ~ /^\/run\/nanoclaw-egress\// { print "door " $8 " open" }' /proc/net/unix | sort
dpkg-query -W -f 'package ${Package} ${Version}\n' nginx squid-openssl 2>/dev/null | grep -v ' $'
nft list table inet nanoclaw_web 2>/dev/null | grep -c reject | { read -r rules || :; echo "firewall nanoclaw_web ${rules:-0} rules"; }
exit 0
