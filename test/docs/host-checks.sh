#!/bin/bash
# Runs commands as the user who logs in: one a line on stdin. stdout: those that fail, each with its exit status and the
# end of what it said; last line `ran COUNT`.
count=0
while IFS= read -r line; do
  code=0
  said=$(timeout 120 bash -c "${line}" </dev/null 2>&1) || code=$?
  [[ ${code} == 0 ]] || printf '%s: exit status %d: %s\n' "${line}" "${code}" "$(tail -c 300 <<<"${said}")"
  count=$((count + 1))
done
printf 'ran %d\n' "${count}"
