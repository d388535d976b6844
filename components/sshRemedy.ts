/** OpenSSH's or sudo's words for what went wrong, and what to do about each. */
export function sshRemedy(why: string): string {
  if (/sudo refused/.test(why)) return "Set the password for sudo anew: `pulumi config set --secret --path sudoPasswords.<host>` asks for it without showing it.";
  if (/host key verification failed|host identification has changed|no .*host key is known/i.test(why))
    return "Compare the host's key on its own console with `hostKey` (`npm run host-key -- <address>` prints what it shows); if the machine was installed anew, update `hostKey`, else somebody is in between.";
  if (/permission denied/i.test(why)) return "Check `user`, and that the public half of the key is in that user's ~/.ssh/authorized_keys on the host; with `agent: true`, that `ssh-add -l` lists the key.";
  if (/invalid format|error in libcrypto|load key/i.test(why)) return "Give a private key in OpenSSH's format without a passphrase, or use `agent: true`.";
  if (/refused/i.test(why)) return "Check `port`, and that sshd runs on the host.";
  return "Check `address`, the network between here and there, and that the machine is on.";
}
