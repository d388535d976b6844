#!/usr/bin/env bash
# `make up`: an empty machine to a green smoke test on a local VM host. Says which phase it is in, what that waits for
# and how long it takes; the whole output is kept in a file.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=SCRIPTDIR/phases.sh
. toolchain/up/phases.sh

start_log up
# By itself and first: sudo may ask for a password.
phase "packages" toolchain/setup.sh packages
# What the machine needs, what the program needs and the engine do not wait for each other. To build Pulumi takes longest.
beside "pulumi" toolchain/setup.sh pulumi plugins
phase "tools" toolchain/setup.sh qemu node npm
# shellcheck disable=SC1091
. .state/env.sh
prepare_image() { node toolchain/vm/cli.ts prepare-image <<<'{}'; }
beside "vm disk" prepare_image
phase "dev stack" node toolchain/up/devStack.ts
wait_beside
# shellcheck disable=SC1091
. .state/env.sh

phase "stack" toolchain/up/select-dev.sh
phase "pulumi up" pulumi up --stack dev --yes --skip-preview --non-interactive --suppress-permalink --color always

say "green after $(elapsed)."
cat <<'TEXT'

  make status                      how the host is, and what it waits for
  make chat MESSAGE="hello"        talk to the agent, headless
  make shell                       log in to the host
  make logs                        NanoClaw's journal
  make down                        take it all down (the state disk stays)

TEXT
say "full log: ${LOG}"
