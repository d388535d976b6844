#!/bin/sh
# egress-denied.sh [SINCE]: which names agents asked for and did not get, since SINCE (journalctl's form, default 7 days
# ago), counted, as one JSON object: {"<role>": {"<name>:<port>": <count>}}. That is what a list is tuned by.
set -eu
journalctl -u nanoclaw-web.service -u nanoclaw-hello.service -o cat --since "${1:--7d}" --no-pager 2>/dev/null | sed -n 's/^[^{]*\({"role":.*}\)$/\1/p' | jq -Rcn '
  [inputs | fromjson? | select(.status == 403) | {role, name: (.host + ":" + .port)}]
  | group_by(.role) | map({key: .[0].role, value: (group_by(.name) | map({key: .[0].name, value: length}) | from_entries)}) | from_entries'
