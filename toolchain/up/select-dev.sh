#!/usr/bin/env bash
# Selects the dev stack, makes it when there is none, and gives it a credential when it has none,
# or only one that was made up.
set -euo pipefail

"$(dirname "${BASH_SOURCE[0]}")/dead-locks.sh"
config=stacks/Pulumi.dev.yaml
if ! pulumi stack select dev 2>/dev/null; then
  # A salt from an earlier state directory would belong to another passphrase.
  sed -i '/^encryptionsalt:/d; /:anthropicApiKey:/,+1d' "${config}"
  pulumi stack init dev
fi
# An `up` that was killed leaves creations pending. What they make converges on the next run, so they may be forgotten.
if pulumi stack export --stack dev | jq -e '(.deployment.pending_operations // []) | length > 0' >/dev/null; then
  pulumi cancel --stack dev --yes 2>/dev/null || true
  pulumi refresh --stack dev --clear-pending-creates --yes --skip-preview --non-interactive
fi
variable=ANTHROPIC_API_KEY field=anthropicApiKey
[[ -n ${ANTHROPIC_API_KEY:-} || -z ${CLAUDE_CODE_OAUTH_TOKEN:-} ]] || variable=CLAUDE_CODE_OAUTH_TOKEN field=claudeCodeOauthToken
given=${!variable:-}

# On stdin: arguments are for everybody to read.
take_given() {
  printf '%s' "${given}" | pulumi config set --stack dev --secret "${field}"
  echo "the credential for the model is taken from ${variable}"
}

if ! pulumi config --stack dev --json | jq -e 'has("podman-nanoclaw-runtime:anthropicApiKey") or has("podman-nanoclaw-runtime:claudeCodeOauthToken")' >/dev/null; then
  if [[ -n ${given} ]]; then
    take_given
  else
    # The Messages API stand-in takes any key; a real-looking one lets the whole path be the real one.
    printf 'sk-standin-%s' "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')" | pulumi config set --stack dev --secret anthropicApiKey
    echo "no ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN is set: a made-up key for the Messages API stand-in"
  fi
# Only a key that an earlier run made up: another one, and a stand-in beside it, is the user's own choice.
elif [[ -n ${given} && $(pulumi config get --stack dev anthropicApiKey 2>/dev/null) == sk-standin-* ]]; then
  if curl --silent --output /dev/null --max-time 6 --retry 1 https://api.anthropic.com/; then
    pulumi config rm --stack dev anthropicApiKey
    pulumi config rm --stack dev standIns
    take_given
    echo "agents talk to the real model from now on; the Messages API stand-in goes"
  else
    echo "${variable} is set, but api.anthropic.com did not answer in 6 s: the Messages API stand-in stays"
  fi
fi
