# shellcheck shell=bash disable=SC2154,SC2153  # variables in capitals are those of setup.sh
# How the toolchain speaks: progress on stdout, each line led by its part; errors in four parts on stderr.

# say TEXT: one line of progress, led by the part that is running.
say() { printf '[%s] %s\n' "${PART:-toolchain}" "$1"; }

# die FIELD WANTED GIVEN REMEDY: the one way to fail.
die() {
  printf 'error: %s: wanted %s; got %s. Remedy: %s\n' "$1" "$2" "$3" "$4" >&2
  exit 1
}

# version_at_least VERSION MINIMUM: true when the first is not older; both like 1.2.3.
version_at_least() {
  [[ "$1" =~ ^[0-9]+(\.[0-9]+)*$ ]] && [[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n1)" == "$2" ]]
}

# outside_command NAME: path of a program on PATH that the toolchain did not put there itself; empty when there is none.
outside_command() {
  local path
  while IFS= read -r path; do
    if [[ "${path}" != "${BIN}/"* ]]; then printf '%s' "${path}"; return; fi
  done < <(type -aP "$1" || true)
}
