#!/usr/bin/env bash
# Every test, and one closing line `N passed, N failed` over all of them. With `all`, also what takes over an hour in
# emulation.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
export CI=${CI:-true}
passed=0
failed=0

# count RESULT-FILE: adds up what a vitest run wrote; a run that wrote nothing failed as a whole.
count() {
  if [[ -s $1 ]]; then
    passed=$((passed + $(jq .numPassedTests "$1")))
    failed=$((failed + $(jq '.numFailedTests + ([.testResults[] | select(.status == "failed" and (.assertionResults | length) == 0)] | length)' "$1")))
  else
    failed=$((failed + 1))
  fi
}

# suite NAME VITEST-ARGUMENTS…
suite() {
  local name=$1 result=.state/test-$1.json
  shift
  rm -f "${result}"
  printf '\n== %s\n' "${name}"
  npx vitest run --reporter=default --reporter=json --outputFile.json="${result}" "$@"
  count "${result}"
}

# Each refusal of the guard is taken out in turn, and some test must notice.
mutations() {
  printf '\n== the guard without each of its refusals\n'
  if node scripts/mutate-guard.ts; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

if toolchain/setup.sh node npm pulumi plugins packages qemu test-packages; then
  # shellcheck disable=SC1091
  . .state/env.sh
  printf '\n== types\n'
  if npm run -s check; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  suite unit --project unit
  suite e2e --project e2e
  [[ ${1:-} != all ]] || suite long --project long
  [[ ${1:-} != all ]] || mutations
else
  failed=$((failed + 1))
fi

printf '\n%d passed, %d failed\n' "${passed}" "${failed}"
((failed == 0))
