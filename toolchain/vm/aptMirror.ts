import { spawnSync } from "node:child_process";

/** Base addresses of the Debian archives. */
export interface DebianMirrors {
  readonly main: string;
  readonly security: string;
}

/** The mirrors that the operator's own apt uses for Debian, else Debian's own: what works here works for the disk too. */
export function debianMirrors(): DebianMirrors {
  const listed = spawnSync("apt-get", ["indextargets", "--format", "$(REPO_URI)"], { encoding: "utf8" });
  return mirrorsAmong((listed.stdout ?? "").split("\n"));
}

/** Picks the Debian archives among repository addresses. Pure. */
export function mirrorsAmong(addresses: readonly string[]): DebianMirrors {
  const ending = (end: string) => addresses.map((each) => each.trim().replace(/\/+$/, "")).find((each) => each.endsWith(end));
  return {
    main: ending("/debian") ?? "http://deb.debian.org/debian",
    security: ending("/debian-security") ?? "http://deb.debian.org/debian-security",
  };
}

/** The lines of sources.list for a suite. Pure. */
export function sourcesOf(mirrors: DebianMirrors, suite: string): string[] {
  return [
    `deb ${mirrors.main} ${suite} main`,
    `deb ${mirrors.main} ${suite}-updates main`,
    `deb ${mirrors.security} ${suite}-security main`,
  ];
}
