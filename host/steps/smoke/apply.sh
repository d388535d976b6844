#!/bin/bash
# Proves on the host itself that all of it holds. Prints the proofs on stdout also when one fails, and then fails.
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"

install_file "${NANOCLAW_BUNDLE}/programs/smoke.cjs" /opt/nanoclaw/lib/smoke.cjs
install_file "${NANOCLAW_BUNDLE}/programs/insideProbe.cjs" /opt/nanoclaw/lib/insideProbe.cjs
install_file "${NANOCLAW_BUNDLE}/programs/egressProbe.cjs" /opt/nanoclaw/lib/egressProbe.cjs
install_file "${NANOCLAW_BUNDLE}/programs/chat.cjs" /opt/nanoclaw/lib/chat.cjs
install_file "${NANOCLAW_BUNDLE}/programs/pair.cjs" /opt/nanoclaw/lib/pair.cjs
install_file "${NANOCLAW_BUNDLE}/programs/register.cjs" /opt/nanoclaw/lib/register.cjs
# What this host is expected to be, for `make prove`; it holds no secret.
install_file "${NANOCLAW_WORK}/settings.json" /etc/nanoclaw/smoke.json

report=${NANOCLAW_WORK}/report.json
code=0
"${NODE}" /opt/nanoclaw/lib/smoke.cjs quick <"${NANOCLAW_WORK}/settings.json" >"${report}" 9>&- || code=$?
# --slurp: Debian 12's jq takes an empty file for true.
jq -e --slurp '.[0].proofs | type == "array"' "${report}" >/dev/null 2>&1 ||
  die "smoke" "a report of proofs" "exit code ${code} and none: $(head -c 200 "${report}")" "see the lines above"
# Kept for `make status`, with its time: the last smoke test, also one that failed.
install -m 0644 "${report}" /var/lib/nanoclaw-runtime/.last-smoke.json.new
mv -fT /var/lib/nanoclaw-runtime/.last-smoke.json.new /var/lib/nanoclaw-runtime/last-smoke.json
cat "${report}"

if ! jq -e .ok "${report}" >/dev/null; then
  log "the last lines of nanoclaw.service:"
  journalctl -u nanoclaw.service -n 30 --no-pager -o short-iso 2>&1 | stream
  die "smoke" "every proof to hold" "$(jq -r '[.proofs[] | select(.ok | not) | .name] | join(", ")' "${report}") failed" \
    "$(jq -r 'first(.proofs[] | select(.ok | not) | .remedy) // "see the table above"' "${report}")"
fi
