/**
 * What counts as a secret on its way to a container, by the variable's name or by its value, and which names a secret may
 * have. Pure, without imports: the guard asks at each run, the operator at preview.
 */

/** A variable whose name says that its value is a secret. Numbers of tokens, such as MAX_OUTPUT_TOKENS, are none. */
export function looksSecret(name: string): boolean {
  if (/(^|_)MAX_([A-Z]+_)*TOKENS$/i.test(name)) return false;
  return /(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|COOKIE|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|AUTH|AUTHORIZATION)S?\d*(_|$)/i.test(name) || /_(KEY|PAT|PASS|CRED)S?\d*$/i.test(name);
}

/** A value that is a secret whatever its name says: tokens of the usual services by their beginning, and private keys. */
export function isSecretValue(value: string): boolean {
  return /(?<![A-Za-z0-9])(gh[opusr]_|github_pat_|glpat-|sk-ant-|sk-or-|sk-proj-|xox[abeoprs]-|xapp-|npm_[A-Za-z0-9]{30}|AKIA[0-9A-Z]{16}|AIza[0-9A-Za-z_-]{30})|-----BEGIN [A-Z ]*PRIVATE KEY/.test(value);
}

/** An address with a password in it. */
export function hasPassword(value: string): boolean {
  return /:\/\/[^/\s]*@/.test(value);
}

/** Names that a program of the host obeys: podman, its helpers, the loader. No caller's value may stand under one in podman's environment. */
const OBEYED = /^_*(LD|GLIBC|GCONV|MALLOC|LC|CONTAINERS?|DOCKER|PODMAN|BUILDAH|STORAGE|XDG|DBUS|NODE|REGISTRY|NETAVARK|AARDVARK|CNI|SYSTEMD|NOTIFY|LISTEN|SSL|BASH|PYTHON|PERL|RUBY|GNUPG)(_|$)|^_*(GO[A-Z]*|TMPDIR|TMP|TEMP|PATH|HOME|USER|LOGNAME|SHELL|ENV|IFS|TZDIR|LANG|LOCPATH|NLSPATH|HOSTALIASES|RES_OPTIONS|RESOLV_.*|GNUPGHOME)$/i;

/** True for a name under which a secret may go through podman's own environment, out of sight of every process list. */
export function mayTravel(name: string): boolean {
  return !OBEYED.test(name) && (looksSecret(name) || /(_PROXY|_URL|_URI)$/i.test(name));
}

/** True for a name that a stack may list among a role's secrets: one that no program of the host obeys. */
export function maySecretBeCalled(name: string): boolean {
  return !OBEYED.test(name);
}
