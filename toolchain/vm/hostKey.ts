/**
 * The public host key that cloud-init printed on the console at first boot, or null while it is not there. Pure.
 *
 * Why the console: it is a channel that only the machine itself can write and only the operator can read, so the first
 * SSH connection is already verified, and no private key has to travel in user-data (which every process of the machine
 * can read). EC2's console output carries the same lines, so both kinds of machine are trusted in the same way.
 */
export function hostKeyOnConsole(console: string): string | null {
  const begin = console.lastIndexOf("-----BEGIN SSH HOST KEY KEYS-----");
  const end = console.indexOf("-----END SSH HOST KEY KEYS-----", begin);
  if (begin < 0 || end < 0) return null;
  const found = /ssh-ed25519 [A-Za-z0-9+/]{60,}={0,2}/.exec(console.slice(begin, end));
  return found?.[0] ?? null;
}
