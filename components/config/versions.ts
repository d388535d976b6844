/** The versions of NanoClaw that a host can run, with the defaults of configuration that depend on the version. */
interface VersionRow {
  /** The commit that released it. */
  commit: string;
  pairing: "whatsapp" | "none";
  entryPoint: string;
}

const rows: Record<string, VersionRow> = {
  "1.1.6": { commit: "d92e1754ca7d2f56f3c1eae1c0c8ce57a3840761", pairing: "whatsapp", entryPoint: "dist/index.js" },
};

export const knownVersions = Object.keys(rows);

export function versionRow(version: string): VersionRow | undefined {
  return Object.hasOwn(rows, version) ? rows[version] : undefined;
}
