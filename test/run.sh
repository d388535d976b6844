#!/usr/bin/env bash
# Every test, and one closing line `N passed, N failed` over all of them. With `all`, also what takes over an hour in
# emulation.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
export CI=${CI:-true}
passed=0
failed=0
failures=()

fail() {
  failed=$((failed + 1))
  failures+=("$1")
}

# count RESULT-FILE: adds up what a vitest run wrote, and keeps the names of what failed, each with the first line of its
# message. A run that wrote nothing failed as a whole.
count() {
  if [[ ! -s $1 ]]; then
    fail "the whole run that was to write $1"
    return
  fi
  passed=$((passed + $(jq .numPassedTests "$1")))
  local failure
  while IFS= read -r failure; do
    fail "${failure}"
  done < <(jq -r 'def first: (. // "") | split("\n")[0];
    .testResults[]
    | (.assertionResults[] | select(.status == "failed") | "\(.fullName): \(.failureMessages[0] | first)"),
      (select(.status == "failed" and all(.assertionResults[]; .status != "failed")) | "\(.name): \(.message | first)")' "$1")
}

# suite NAME VITEST-ARGUMENTS…
suite() {
  local name=$1 result=.state/test-$1.json before=${failed} code=0
  shift
  rm -f "${result}"
  printf '\n== %s\n' "${name}"
  npx vitest run --reporter=default --reporter=json --outputFile.json="${result}" "$@" || code=$?
  count "${result}"
  # An error outside every test, for one.
  ((code == 0 || failed > before)) || fail "${name}: vitest ended with ${code}"
}

# Each refusal of the guard is taken out in turn, and some test must notice.
mutations() {
  printf '\n== the guard without each of its refusals\n'
  if node scripts/mutate-guard.ts; then passed=$((passed + 1)); else fail "a refusal of the guard that no test misses"; fi
}

if toolchain/setup.sh node npm pulumi plugins packages qemu test-packages; then
  # shellcheck disable=SC1091
  . .state/env.sh
  printf '\n== types\n'
  if npm run -s check; then passed=$((passed + 1)); else fail types; fi
  suite unit --project unit
  suite e2e --project e2e
  [[ ${1:-} != all ]] || suite long --project long
  [[ ${1:-} != all ]] || mutations
else
  fail "the tools that tests need"
fi

printf '\n'
((failed == 0)) || printf 'FAILED: %s\n' "${failures[@]}"
printf '%d passed, %d failed\n' "${passed}" "${failed}"
((failed == 0))
