#!/bin/sh
# Runs "$@" as root where sudo may ask for a password: the first line of stdin, which is taken in any case. The rest of
# stdin is the command's own, whether sudo asked or not. Sent as text by components/asRoot.ts; nothing is copied.

# A variable of that name in the environment would be handed on with the password in it.
unset password
IFS= read -r password
if sudo -n true </dev/null 2>/dev/null; then exec sudo -n "$@"; fi
# Asked apart from the command, or sudo would try the command's own lines as passwords. printf is the shell's: no argv.
if ! said=$(printf '%s\n' "${password}" | LC_ALL=C sudo -k -S -p '' true 2>&1); then
  printf "error: sudoPasswords.<host>: wanted the login user's password for sudo; got one that sudo refused (%s). Remedy: set it anew with \`pulumi config set --secret --path sudoPasswords.<host>\`, then run \`pulumi up\`\n" \
    "$(printf '%s\n' "${said}" | tail -n 1)" >&2
  exit 1
fi
{ printf '%s\n' "${password}" && cat; } | sudo -k -S -p '' "$@"
