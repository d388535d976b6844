# shellcheck shell=bash
# Phases of a long command: each says that it started, what it prints, that it still runs, and how long it took.

# start_log NAME: everything that phases print is kept in .state/logs/NAME-<time>.log as well.
start_log() {
  # It holds keys: nobody but its owner looks into it.
  (umask 077; mkdir -p .state)
  mkdir -p .state/logs
  LOG=.state/logs/$1-$(date +%Y%m%d-%H%M%S).log
  : >"${LOG}"
  STARTED=${SECONDS}
  BESIDE=()
  BESIDE_NAMES=()
}

elapsed() {
  local seconds=$((SECONDS - STARTED))
  printf '%d:%02d' $((seconds / 60)) $((seconds % 60))
}

say() {
  printf '[%s] %s\n' "$(elapsed)" "$*" | tee -a "${LOG}"
}

# Puts the time and the phase before each line.
stamped() {
  local line
  while IFS= read -r line; do
    # Pulumi's signs of life: the ticker gives better ones.
    [[ ${line} != *"@ updating"* ]] || continue
    printf '[%s] %s | %s\n' "$(elapsed)" "$1" "${line}"
  done
}

# A phase that says nothing for a while still shows that it runs. Ends at once when it is told to, with its sleep.
ticker() {
  local name=$1 started=${SECONDS} sleeper
  trap 'kill "${sleeper}" 2>/dev/null; exit 0' TERM
  while sleep 30 & sleeper=$!; wait "${sleeper}"; do
    printf '[%s] %s … %d s so far\n' "$(elapsed)" "${name}" $((SECONDS - started))
  done
}

# phase NAME COMMAND…: runs it, its output stamped and logged; ends the script when it fails.
phase() {
  local name=$1 started=${SECONDS} code tick
  shift
  say "${name}: started"
  ticker "${name}" &
  tick=$!
  # A pipe, not a process substitution: that is one more descriptor, which a VM started here would keep open for ever.
  set +e
  "$@" 2>&1 | stamped "${name}" | tee -a "${LOG}"
  code=${PIPESTATUS[0]}
  set -e
  kill "${tick}" 2>/dev/null || true
  wait "${tick}" 2>/dev/null || true
  if ((code != 0)); then
    say "${name}: failed after $((SECONDS - started)) s (exit code ${code}). Full log: ${LOG}"
    exit "${code}"
  fi
  say "${name}: done in $((SECONDS - started)) s"
}

# beside NAME COMMAND…: starts a phase that the following ones need not wait for.
beside() {
  phase "$@" &
  BESIDE+=("$!")
  BESIDE_NAMES+=("$1")
}

# Waits for all phases that were started beside the others; ends the script when one failed.
wait_beside() {
  local index code=0
  for index in "${!BESIDE[@]}"; do
    wait "${BESIDE[${index}]}" || { code=$?; say "${BESIDE_NAMES[${index}]} failed"; }
  done
  BESIDE=()
  BESIDE_NAMES=()
  ((code == 0)) || exit "${code}"
}
