#!/usr/bin/env bash
# Selects the dev stack, makes it when there is none, and gives it a credential when it has none,
# or only one that was made up.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=SCRIPTDIR/../lib/report.sh
. "${here}/../lib/report.sh"

"${here}/dead-locks.sh"
config=stacks/Pulumi.dev.yaml
if ! pulumi stack select dev 2>/dev/null; then
  # A salt from an earlier state directory would belong to another passphrase.
  sed -i -E '/^encryptionsalt:/d; /:(anthropicApiKey|claudeCodeOauthToken):/,+1d' "${config}"
  pulumi stack init dev
fi

# Ends with what Pulumi said: a stack that cannot be read is not an empty one, and must not be given another key.
refuse() {
  local said from=PULUMI_CONFIG_PASSPHRASE_FILE
  said=$(<"${errors}")
  [[ ${said} == *passphrase* || ${said} == *decrypt* ]] || { printf '%s\n' "${said}" >&2; exit 1; }
  [[ -z ${PULUMI_CONFIG_PASSPHRASE+set} ]] || from=PULUMI_CONFIG_PASSPHRASE
  die "${from}" "the passphrase that the dev stack's secrets are encrypted with" "another one, or none (${said#error: })" \
    "nothing was changed: restore \`.state/passphrase\` from where it was saved, and \`unset PULUMI_CONFIG_PASSPHRASE\` where that is set. Without the passphrase the stack's secrets are lost: to begin anew on the same VM and state disk, \`. .state/env.sh; pulumi stack rm dev --force --yes --preserve-config\`, take other secrets than the model's out of stacks/Pulumi.dev.yaml, and \`make up\`"
}
errors=$(mktemp)
trap 'rm -f "${errors}"' EXIT
# With the secrets, so that both fail when the passphrase is not theirs; what they print stays in this shell.
pending=$(pulumi stack export --stack dev --show-secrets 2>"${errors}" | jq '(.deployment.pending_operations // []) | length') || refuse
configured=$(pulumi config --stack dev --json --show-secrets 2>"${errors}") || refuse

# of_config FILTER: whether jq's filter holds for the configuration. By a pipe: here-documents may be files.
of_config() { printf '%s' "${configured}" | jq -e "$1" >/dev/null; }

# An `up` that was killed leaves creations pending. What they make converges on the next run, so they may be forgotten.
if ((pending > 0)); then
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

if ! of_config 'has("podman-nanoclaw-runtime:anthropicApiKey") or has("podman-nanoclaw-runtime:claudeCodeOauthToken")'; then
  if [[ -n ${given} ]]; then
    take_given
  else
    # The Messages API stand-in takes any key; a real-looking one lets the whole path be the real one.
    printf 'sk-standin-%s' "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')" | pulumi config set --stack dev --secret anthropicApiKey
    echo "no ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN is set: a made-up key for the Messages API stand-in"
  fi
# Only a key that an earlier run made up: another one, and a stand-in beside it, is the user's own choice.
elif [[ -n ${given} ]] && of_config '.["podman-nanoclaw-runtime:anthropicApiKey"].value // "" | startswith("sk-standin-")'; then
  if curl --silent --output /dev/null --max-time 6 --retry 1 https://api.anthropic.com/; then
    pulumi config rm --stack dev anthropicApiKey
    pulumi config rm --stack dev standIns
    take_given
    echo "agents talk to the real model from now on; the Messages API stand-in goes"
  else
    echo "${variable} is set, but api.anthropic.com did not answer in 6 s: the Messages API stand-in stays"
  fi
fi
