/** One preset: a set of domains by the name of what they are for. docs/CONFIGURATION.md's table is generated from these. */
export interface EgressPreset {
  readonly means: string;
  /** Exact (`registry.npmjs.org`), or with a dot in front for the domain and all below it. */
  readonly domains: readonly string[];
}

/** The presets, by name. */
export const EGRESS_PRESETS = {
  anthropic: {
    means: "Anthropic's documentation. Not the API: that is reached through the credential proxy alone, so that nobody sends data there under a key of their own",
    domains: ["docs.anthropic.com", "docs.claude.com", "code.claude.com", "platform.claude.com", "www.anthropic.com"],
  },
  npm: { means: "npm packages", domains: ["registry.npmjs.org"] },
  pypi: { means: "Python packages", domains: ["pypi.org", "files.pythonhosted.org"] },
  debian: { means: "Debian packages", domains: ["deb.debian.org", "security.debian.org", "cdn-fastly.deb.debian.org"] },
  ubuntu: { means: "Ubuntu packages", domains: [".archive.ubuntu.com", "security.ubuntu.com", "ports.ubuntu.com"] },
  node: { means: "Node's downloads", domains: ["nodejs.org"] },
  github: {
    means: "GitHub: pages, git over https, API, raw files and release downloads. Whoever has a token can also write there",
    domains: ["github.com", "api.github.com", "codeload.github.com", "raw.githubusercontent.com", "objects.githubusercontent.com", "release-assets.githubusercontent.com"],
  },
  gitlab: { means: "gitlab.com: pages, git over https, API. Whoever has a token can also write there", domains: ["gitlab.com"] },
  go: { means: "Go modules", domains: ["proxy.golang.org", "sum.golang.org"] },
  rust: { means: "Rust crates", domains: ["crates.io", "index.crates.io", "static.crates.io"] },
  playwright: { means: "Browser downloads of Playwright", domains: ["cdn.playwright.dev", "playwright.download.prss.microsoft.com"] },
  build: { means: "what image builds use: Debian, Ubuntu and npm packages, Node; image builds have it whatever else is listed", domains: ["deb.debian.org", "security.debian.org", "cdn-fastly.deb.debian.org", ".archive.ubuntu.com", "security.ubuntu.com", "ports.ubuntu.com", "registry.npmjs.org", "nodejs.org"] },
} as const satisfies Readonly<Record<string, EgressPreset>>;

/** Name of a preset. */
export type PresetName = keyof typeof EGRESS_PRESETS;

/** Their names, in the table's order. */
export const presetNames = Object.keys(EGRESS_PRESETS) as [PresetName, ...PresetName[]];

/** What `allowlist` lists when a stack lists nothing: package registries and documentation. */
export const DEFAULT_PRESETS: readonly PresetName[] = ["anthropic", "debian", "npm", "pypi"];

/**
 * The domains of presets and a list together, sorted, none twice. A domain below another one's `.suffix` is left out,
 * because squid refuses a list that says a thing twice.
 */
export function listedDomains(presets: readonly PresetName[], allow: readonly string[]): string[] {
  const all = [...new Set([...presets.flatMap((name): readonly string[] => EGRESS_PRESETS[name].domains), ...allow.map((domain) => domain.toLowerCase())])].sort();
  const suffixes = all.filter((domain) => domain.startsWith("."));
  return all.filter((domain) => !suffixes.some((suffix) => suffix !== domain && (`.${domain.replace(/^\./, "")}`).endsWith(suffix)));
}
