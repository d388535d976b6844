import { expect, test } from "vitest";
import { z } from "zod";
import type { EgressChoice } from "./egress.ts";
import { GuardPolicy, GuardRole } from "./policy.ts";
import { guardPolicyWarnings } from "./policyWarnings.ts";
import { guardPolicy, PROFILES, type GuardPolicyArgs, type PolicyOverrides, type ProfileName } from "./profiles.ts";

const args: GuardPolicyArgs = { profile: "untrusted", containers: 2, limits: { memoryBytes: 2 ** 32, cpus: 2, pids: 256 }, root: "/var/lib/nanoclaw", releases: "/opt/nanoclaw/releases", image: "nanoclaw-agent:latest" };
const policy = guardPolicy(args);
const allow = (rules: string[]): PolicyOverrides => ({ roles: { untrusted: { permissions: { allow: rules } } } });
const least = policy.roles.at(-1)!;

/** By field, a change that makes it weaker than the profile untrusted; null where there is none. */
const WEAKER: Readonly<Record<string, PolicyOverrides | null>> = {
  version: null, profile: null, install: null, podman: null, root: null, release: null, containers: null, slice: null, buildSlice: null, journalSocket: null,
  "egress.directory": null, "egress.credential": null, "egress.caBundle": null,
  extraMounts: null, // this profile refuses them
  blockedPatterns: null, "build.network": null, // the profiles have the weakest
  "roles.name": null, "roles.gitRepositories": null, "roles.placeholders": null,
  images: { images: [...policy.images, "other:latest"] },
  "limits.memoryBytes": { limits: { memoryBytes: 2 ** 33 } },
  "limits.cpus": { limits: { cpus: 4 } },
  "limits.pids": { limits: { pids: 512 } },
  ...Object.fromEntries(Object.entries(policy.tmpfs).map(([name, size]) => [`tmpfs.${name}`, { tmpfs: { [name]: size + 2 ** 20 } }])),
  "log.driver": { log: { driver: "k8s-file" } },
  "log.maxBytes": { log: { maxBytes: 2 ** 30 } },
  ...Object.fromEntries(Object.keys(policy.hardening).map((name) => [`hardening.${name}`, { hardening: { [name]: false } }])),
  projectShadows: { projectShadows: [".env"] },
  agentSource: { agentSource: "rw" },
  environment: { environment: [...policy.environment, "FOO"] },
  stdinMembers: { stdinMembers: [...policy.stdinMembers, "more"] },
  stdinMaxBytes: { stdinMaxBytes: 2 ** 40 },
  "copy.maxBytes": { copy: { maxBytes: 2 ** 40 } },
  "copy.maxFiles": { copy: { maxFiles: 10_000_000 } },
  "build.memoryBytes": { build: { memoryBytes: 2 ** 40 } },
  "roles.folders": { roles: { untrusted: { folders: ["*", "a*"] } } },
  "roles.network": { roles: { untrusted: { network: "allowlist" } } },
  "roles.secrets": { roles: { untrusted: { secrets: [...least.secrets, "GH_TOKEN"] } } },
  "roles.project": { roles: { untrusted: { project: true } } },
  "roles.globalWrite": { roles: { untrusted: { globalWrite: true } } },
  "roles.workspace": { roles: { untrusted: { workspace: "bind" } } },
  "roles.limits.memoryBytes": { roles: { untrusted: { limits: { memoryBytes: 2 ** 33 } } } },
  "roles.limits.cpus": { roles: { untrusted: { limits: { cpus: 4 } } } },
  "roles.limits.pids": { roles: { untrusted: { limits: { pids: 512 } } } },
  "roles.permissions.bypass": { roles: { untrusted: { permissions: { bypass: true } } } },
  "roles.permissions.allow": allow(["*"]),
  "roles.permissions.deny": { roles: { untrusted: { permissions: { deny: [] } } } },
  "roles.permissions.scrubEnvironment": { roles: { untrusted: { permissions: { scrubEnvironment: [] } } } },
};

/** The fields of a schema, but for the members of its lists. */
function fields(schema: z.ZodType, at = ""): string[] {
  if (schema instanceof z.ZodNullable) return fields(schema.unwrap() as z.ZodType, at);
  if (!(schema instanceof z.ZodObject)) return [at];
  return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([key, one]) => (at === "" && key === "roles" ? fields(GuardRole, "roles") : fields(one, at === "" ? key : `${at}.${key}`)));
}

test("every field of the policy's schema is in the table of this test", () => {
  expect(Object.keys(WEAKER).sort()).toEqual(fields(GuardPolicy).sort());
});

test.each(Object.entries(WEAKER).filter(([, overrides]) => overrides !== null))("a weaker %s is a warning that names it, and the only one", (field, overrides) => {
  const warnings = guardPolicyWarnings({ ...args, overrides: overrides! });
  expect(warnings).toEqual([expect.stringMatching(/ is .+: weaker than the profile untrusted/)]);
  expect(warnings[0]!.split(" ")[0]).toBe(field.replace(/^roles\./, "roles.untrusted."));
});

test.each(Object.keys(PROFILES) as ProfileName[])("the profile %s itself has no warning, and neither has what is stricter", (profile) => {
  expect(guardPolicyWarnings({ ...args, profile })).toEqual([]);
  const strict: PolicyOverrides = { limits: { pids: 64, memoryBytes: 2 ** 30 }, stdinMaxBytes: 2 ** 20, environment: [], roles: { main: { network: "none", secrets: [] }, trusted: { folders: ["family"], limits: { cpus: 1 } } } };
  expect(guardPolicyWarnings({ ...args, profile, overrides: strict })).toEqual([]);
  expect(guardPolicyWarnings({ ...args, profile, overrides: { limits: { memoryBytes: 2 ** 34 } } })).toEqual([expect.stringMatching(/^limits\.memoryBytes is \d+, above a container's share/)]);
});

test.each<[string, EgressChoice, string[]]>([
  ["the host's", { mode: "open" }, ["egress.mode is open: weaker than the profile untrusted"]],
  ["a role's", { roles: { trusted: { mode: "allowlist" } } }, ["egress.roles.trusted.mode is allowlist: weaker than the profile untrusted"]],
  ["a stricter", { mode: "none" }, []],
])("a mode of egress is judged as what the host gets: %s", (_, egress, warnings) => {
  expect(guardPolicyWarnings(args, egress)).toEqual(warnings);
});

test("a mode of egress hides what the policy says of the network, for it holds instead", () => {
  expect(guardPolicyWarnings({ ...args, overrides: { roles: { untrusted: { network: "open" } } } }, { mode: "none" })).toEqual([]);
});

test("a role with all groups or with a pattern is wider, a new role with its own is not, and its grants are compared with the least", () => {
  const warnings = (roles: PolicyOverrides["roles"]): string[] => guardPolicyWarnings({ ...args, overrides: { roles: roles! } }).map((line) => line.split(" is ")[0]!);
  expect(warnings({ trusted: { folders: ["*"] }, main: { folders: ["boss*"] } })).toEqual(["roles.main.folders", "roles.trusted.folders"]);
  expect(warnings({ lane: { folders: ["lane-*"] } })).toEqual([]);
  expect(warnings({ lane: { folders: ["*"], secrets: ["GH_TOKEN"] } })).toEqual(["roles.lane.folders", "roles.lane.secrets"]);
});
