#!/bin/bash
# shellcheck source=../../lib/step.sh
source "${NANOCLAW_LIB:?}/step.sh"
remove_path /opt/nanoclaw/node
