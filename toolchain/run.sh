#!/usr/bin/env bash
# Runs a command with the tools of this project: makes sure that they are there, then sets PATH and Pulumi's variables.
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "${log}"' EXIT
toolchain/setup.sh >"${log}" 2>&1 || { cat "${log}" >&2; exit 1; }
# shellcheck disable=SC1091
. .state/env.sh
rm -f "${log}"
exec "$@"
