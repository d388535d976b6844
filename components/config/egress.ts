import { z } from "zod";
import { EGRESS_MODES } from "../../contract/egress.ts";
import { DEFAULT_PRESETS, presetNames } from "../../contract/egressPresets.ts";
import { POLICY_PATTERNS } from "../../contract/policyPatterns.ts";
import { field } from "./field.ts";

/** Domains are looked at by egressRules.ts, which says what is wrong with one. */
const domains = z.array(z.string()).max(500).optional();
const presets = z.array(z.enum(presetNames)).max(presetNames.length).optional();
const mode = z.enum(EGRESS_MODES).optional();
const modes = "open, allowlist, api-only or none";

const Role = field(z.strictObject({
  mode: field(mode, { means: "How this role's agents reach the world.", wanted: modes, remedy: "leave it out for the host's mode", changes: "network", defaultInWords: "the host's" }),
  allow: field(domains, { means: "The role's domains, instead of the host's.", wanted: "domains", remedy: "leave it out for the host's list", changes: "egress", defaultInWords: "the host's" }),
  presets: field(presets, { means: "The role's presets, instead of the host's.", wanted: `names of presets (${presetNames.join(", ")})`, remedy: "leave it out for the host's presets", changes: "egress", defaultInWords: "the host's" }),
}), { means: "One role.", wanted: "an object with `mode`, `allow` or `presets`", remedy: "leave it out to treat the role as the others", changes: "network" });

const Git = z.strictObject({
  host: z.string(),
  repositories: z.array(z.string()).min(1).max(64),
  roles: z.array(z.string().regex(POLICY_PATTERNS.name)).min(1).max(16).default(["main", "trusted"]),
});

/** What agents reach, and how. */
export const EgressSchema = z.strictObject({
  mode: field(mode, {
    means: "How agents reach the world: `open` has a network; `allowlist` the model and listed domains, `api-only` the model alone, both through proxies that hold the credential; `none` nothing, not even the model.",
    wanted: modes,
    remedy: "leave it out for the profile's mode",
    changes: "network",
    defaultInWords: "the profile's: personal `open`, shared and production `allowlist`, untrusted `api-only`",
  }),
  roles: field(z.record(z.string(), Role).default({}), {
    means: "Other choices for single roles: main, trusted, untrusted, or one that `policy` adds.",
    wanted: "names of roles, each with `mode`, `allow` or `presets`",
    remedy: "leave it out to treat all roles alike",
    changes: "network",
    defaultInWords: "none",
  }),
  allow: field(domains, {
    means: "Domains that `allowlist` lets through: `example.org` exactly, `.example.org` with all below it. https on port 443, http on port 80.",
    wanted: "a list of domains",
    remedy: "write example.org or .example.org",
    changes: "egress",
    defaultInWords: "none besides `presets`",
  }),
  presets: field(presets, {
    means: "Sets of domains by name; the table below says what is in them.",
    wanted: `names of presets (${presetNames.join(", ")})`,
    remedy: "use names of the table in docs/CONFIGURATION.md, and `allow` for other domains",
    changes: "egress",
    defaultInWords: `${DEFAULT_PRESETS.join(", ")}, when \`allow\` is not given either`,
  }),
  connectPorts: field(z.array(z.int().min(1).max(65535)).max(16).default([]), {
    means: "Ports besides 443 that TLS connections to listed domains may use. What is not TLS does not pass.",
    wanted: "a list of ports, 1 to 65535",
    remedy: "leave it out for 443 alone",
    changes: "egress",
  }),
  privateNetworks: field(z.array(z.string()).max(64).default([]), {
    means: "Private networks that listed names may resolve to, such as that of a company's mirror. All others are refused after resolution.",
    wanted: "a list of networks such as 10.1.2.0/24",
    remedy: "leave it out, unless agents need a server of your own network",
    changes: "egress",
  }),
  git: field(z.array(Git).max(16).default([]), {
    means: "Git over https for roles that you trust: `{host, repositories, roles}`. The token of the secret `gitTokens` is added outside of the container, for these repositories alone.",
    wanted: "a list of {host: github.com, repositories: [owner/name], roles: [main, trusted]}",
    remedy: "leave it out, or name host and repositories; `untrusted` cannot be among the roles",
    changes: "egress",
  }),
});
