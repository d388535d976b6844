#!/usr/bin/env bash
# Selects the dev stack, makes it when there is none, and gives it a credential when it has none.
set -euo pipefail

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
if ! pulumi config --stack dev --json | jq -e 'has("podman-nanoclaw-runtime:anthropicApiKey") or has("podman-nanoclaw-runtime:claudeCodeOauthToken")' >/dev/null; then
  if [[ -n ${ANTHROPIC_API_KEY:-} ]]; then
    printf '%s' "${ANTHROPIC_API_KEY}" | pulumi config set --stack dev --secret anthropicApiKey
    echo "the API key is taken from ANTHROPIC_API_KEY"
  else
    # The Messages API stand-in takes any key; a real-looking one lets the whole path be the real one.
    printf 'sk-standin-%s' "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')" | pulumi config set --stack dev --secret anthropicApiKey
    echo "no ANTHROPIC_API_KEY is set: a made-up key for the Messages API stand-in"
  fi
fi
