/**
 * Which places of a host may never be mounted into an agent's container, whatever an allowlist says. Pure: the guard
 * asks it about the resolved path at the moment of a run, the operator about the configured path at preview.
 */

/** A path with one of these anywhere in it is refused, and a directory that directly holds a name with such an end: NanoClaw's own list (src/mount-security.ts) and more. */
export const BLOCKED_PATTERNS: readonly string[] = [
  ".ssh", ".gnupg", ".gpg", ".aws", ".azure", ".gcloud", ".kube", ".docker", "credentials", ".env", ".netrc", ".npmrc",
  ".pypirc", "id_rsa", "id_ed25519", "private_key", ".secret",
  "id_ecdsa", "id_dsa", ".git-credentials", ".pgpass", ".my.cnf", ".password-store", ".keystore", ".p12", ".pfx",
  ".terraform.d", ".pulumi", ".vault-token", ".config/gh", ".config/gcloud", ".config/nanoclaw", ".config/containers",
  ".local/share/containers", ".local/share/keyrings", ".mozilla", ".bash_history", ".zsh_history",
];

/** These, all below them, and all above them are refused. */
export const SYSTEM_PLACES: readonly string[] = [
  "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/lost+found", "/proc", "/root", "/run", "/sbin", "/snap", "/sys",
  "/usr/bin", "/usr/lib", "/usr/sbin", "/usr/local/bin",
  "/mnt/wsl", "/mnt/wslg",
  "/var/backups", "/var/cache", "/var/lib", "/var/lock", "/var/log", "/var/mail",
  "/var/run", "/var/spool", "/var/tmp", "/etc/nanoclaw", "/run/user",
];

/** These alone are refused, not what lies below: roots under which people keep everything. */
const TOO_BROAD: readonly string[] = ["/", "/home", "/srv", "/opt", "/mnt", "/media", "/tmp", "/usr", "/usr/local", "/usr/share", "/var", "/Users", "/data", "/export", "/export/home"];

/** What begins so holds sockets and files of somebody's session. */
export const SESSION_PLACES: readonly string[] = ["/tmp/.", "/tmp/ssh-", "/tmp/gpg-", "/tmp/tmux-", "/tmp/dbus-", "/tmp/pulse-", "/tmp/snap-private-", "/tmp/systemd-private-"];

/** Where home directories lie. */
const HOMES = "(home|Users|export/home|var/home|usr/home)";

/** Places that only this install knows. */
export interface InstallPlaces {
  /** NanoClaw's project root: state of all groups. */
  readonly root: string;
  /** Other places of the runtime: releases, the guard, its policy. */
  readonly runtime: readonly string[];
}

/** The runtime's own places on a host made by this project. */
export const RUNTIME_PLACES: readonly string[] = ["/opt/nanoclaw", "/etc/nanoclaw", "/var/lib/nanoclaw", "/var/lib/nanoclaw-runtime"];

/** The blocked pattern that a path contains, or undefined. Letter case does not matter. */
export function blockedPattern(path: string, more: readonly string[] = []): string | undefined {
  const lower = path.toLowerCase();
  return [...BLOCKED_PATTERNS, ...more].find((pattern) => lower.includes(pattern.toLowerCase()));
}

/** True for a name that ends in something blocked. With it anywhere, `.dockerignore` and `.env.example` would be, which projects have. */
export function blockedName(name: string, more: readonly string[] = []): boolean {
  return [...BLOCKED_PATTERNS, ...more].some((pattern) => name.toLowerCase().endsWith(pattern.toLowerCase()));
}

/** Why a path is too broad or not the user's to give away, or undefined when it may be mounted. */
export function permissiveReason(path: string, places: InstallPlaces): string | undefined {
  if (!path.startsWith("/") || path.split("/").some((part) => part === "." || part === "..")) return "it is not an absolute path without . and ..";
  const clean = `/${path.split("/").filter((part) => part !== "").join("/")}`;
  if (TOO_BROAD.includes(clean)) return "everything on the host lies below it";
  if (/^\/mnt\/[a-z]$/i.test(clean)) return "it is a whole Windows drive";
  if (new RegExp(`^/${HOMES}/[^/]+$`).test(clean)) return "it is a home directory";
  if (new RegExp(`^/${HOMES}/[^/]+/\\.[^/]`).test(clean)) return "it is a hidden directory of a home, where programs keep settings and credentials";
  const session = SESSION_PLACES.find((start) => clean.startsWith(start));
  if (session !== undefined) return `programs keep sockets in ${session}…`;
  for (const place of [places.root, ...places.runtime]) {
    if (inside(clean, place)) return `it belongs to the runtime (${place})`;
    if (inside(place, clean)) return `the runtime's ${place} lies below it`;
  }
  for (const place of SYSTEM_PLACES) {
    if (inside(clean, place)) return `it belongs to the system (${place})`;
    if (inside(place, clean)) return `${place} lies below it`;
  }
  return undefined;
}

/** True when `path` is `place` or lies below it. Both absolute and clean. */
export function inside(path: string, place: string): boolean {
  return path === place || path.startsWith(place === "/" ? "/" : `${place}/`);
}

/** One thing that is wrong with a mount, in the four parts of every error here. */
export interface MountProblem {
  readonly field: string;
  readonly wanted: string;
  readonly given: string;
  readonly remedy: string;
}

/** Checks a path that a user wants to give to agents; `field` names it in the problem. */
export function mountProblem(field: string, path: string, places: InstallPlaces, morePatterns: readonly string[] = []): MountProblem | undefined {
  const remedy = "name the one directory that the agents need, such as /srv/projects/website";
  const pattern = blockedPattern(path, morePatterns);
  if (pattern !== undefined) return { field, wanted: `a path without ${pattern}`, given: path, remedy: "move what the agents need to a directory without credentials" };
  const reason = permissiveReason(path, places);
  return reason === undefined ? undefined : { field, wanted: "a directory that holds nothing but what agents may see", given: `${path} (${reason})`, remedy };
}
