# shellcheck shell=bash
# shellcheck disable=SC2154 # NANOCLAW_* variables come from run-step.sh and step.sh
# What a step says to people, on stderr.

# One line of progress.
log() {
  printf '[%s] %s\n' "${NANOCLAW_STEP:-host}" "$*" >&2
}

# die FIELD WANTED GOT REMEDY: ends the step with an error of the four parts that a reader needs.
die() {
  printf 'error: %s: wanted %s; got %s. Remedy: %s\n' "$1" "$2" "$3" "$4" >&2
  exit 1
}

# changed WHAT: notes a change for the step's last line and for `has_changed`. WHAT is short and holds no secret.
changed() {
  printf '%s\n' "$1" >>"${NANOCLAW_WORK}/changes"
}

# has_changed TEXT: true when a change whose name contains TEXT was noted in this run.
has_changed() {
  grep -qsF -- "$1" "${NANOCLAW_WORK}/changes"
}

# Streams stdin to stderr, each line marked with the step, for long commands whose own output is their progress.
stream() {
  sed -u "s/^/[${NANOCLAW_STEP}] | /" >&2
}
