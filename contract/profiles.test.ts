import { expect, test } from "vitest";
import { GuardPolicy } from "./policy.ts";
import { guardPolicy, guardPolicyProblems, guardPolicyWarnings, PROFILES, SECRET_SETS, type GuardPolicyArgs, type ProfileName } from "./profiles.ts";
import { mountAllowlistProblems, mountProblem, RUNTIME_PLACES } from "./mountRules.ts";

const args: GuardPolicyArgs = { profile: "personal", containers: 2, limits: { memoryBytes: 2 ** 32, cpus: 2, pids: 256 }, root: "/var/lib/nanoclaw", releases: "/opt/nanoclaw/releases", image: "nanoclaw-agent:latest" };
const places = { root: args.root, runtime: RUNTIME_PLACES };

test.each(Object.keys(PROFILES) as ProfileName[])("no hardening flag is off in the profile %s, and git tokens never reach untrusted groups", (profile) => {
  const policy = guardPolicy({ ...args, profile });
  expect(Object.values(policy.hardening)).toEqual(Object.values(policy.hardening).map(() => true));
  expect(policy.roles.at(-1)!.secrets.filter((name) => SECRET_SETS.git.includes(name))).toEqual([]);
  expect(policy.roles.at(-1)!.folders).toContain("*");
  expect(policy.release).toBe("/opt/nanoclaw/current");
});

test("memory file systems take at most half of a container's memory", () => {
  for (const memoryBytes of [2 ** 30, 2 ** 31, 2 ** 32, 2 ** 36]) {
    const { tmpfs } = guardPolicy({ ...args, limits: { ...args.limits, memoryBytes } });
    expect(Object.values(tmpfs).reduce((sum, size) => sum + size)).toBeLessThanOrEqual(memoryBytes / 2);
  }
});

test("every value can be overridden by name and the result is valid", () => {
  const policy = guardPolicy({
    ...args,
    overrides: { images: ["a:latest"], limits: { pids: 512 }, tmpfs: { tmpBytes: 2 ** 24 }, log: { driver: "none" }, hardening: { cpus: false }, roles: { main: { folders: ["boss"], permissions: { deny: [] } }, "new-lane": { secrets: ["GH_TOKEN"] } } },
  });
  expect(GuardPolicy.parse(policy)).toEqual(policy);
  expect(policy).toMatchObject({ images: ["a:latest"], limits: { memoryBytes: 2 ** 32, pids: 512 }, log: { driver: "none", maxBytes: 2 ** 20 }, hardening: { cpus: false, user: true } });
  expect(policy.roles.map(({ name }) => name)).toEqual(["new-lane", "main", "trusted", "untrusted"]);
  expect(policy.roles[0]).toMatchObject({ folders: ["new-lane"], secrets: ["GH_TOKEN"], project: false });
});

test("what makes a profile weaker is a warning that names it", () => {
  expect(guardPolicyWarnings(args)).toEqual([]);
  for (const flag of Object.keys(guardPolicy(args).hardening)) {
    expect(guardPolicyWarnings({ ...args, overrides: { hardening: { [flag]: false } } })).toEqual([expect.stringContaining(`hardening.${flag} is off`)]);
  }
  const weak = guardPolicyWarnings({ ...args, profile: "untrusted", overrides: { agentSource: "rw", projectShadows: [], roles: { untrusted: { secrets: ["GH_TOKEN"], network: "open", workspace: "bind", project: true, globalWrite: true, permissions: { bypass: true, deny: [] } } } } });
  expect(weak.map((line) => line.split(" ")[0])).toEqual(["agentSource", "projectShadows", ...["secrets", "network", "workspace", "project", "globalWrite", "permissions.bypass", "permissions.deny"].map((field) => `roles.untrusted.${field}`)]);
});

test("a permissive extra mount is refused at preview with what to do", () => {
  const problems = guardPolicyProblems({ ...args, overrides: { extraMounts: ["/", "/home/alice", "/srv/site", "/srv/.ssh"].map((path) => ({ path, access: "ro", roles: ["main"] })) } });
  expect(problems.map(({ field }) => field)).toEqual(["extraMounts[0].path", "extraMounts[1].path", "extraMounts[3].path"]);
  for (const problem of problems) expect(Object.values(problem).every((text) => text !== "")).toBe(true);
});

test("a profile without extra mounts, and a policy without a role for everybody, are refused at preview", () => {
  expect(guardPolicyProblems({ ...args, profile: "untrusted", overrides: { extraMounts: [{ path: "/srv/site", access: "ro", roles: ["main"] }] } })).toMatchObject([{ field: "extraMounts" }]);
  expect(guardPolicyProblems({ ...args, overrides: { roles: { untrusted: { folders: ["guests"] } } } })).toMatchObject([{ field: "roles" }]);
});

test("NanoClaw's own allowlist is held to the same rules", () => {
  const allowlist = { allowedRoots: [{ path: "~" }, { path: "~/projects" }, { path: "/" }, { path: 1 }, { path: "/var/lib/nanoclaw/store" }], blockedPatterns: [], nonMainReadOnly: true };
  expect(mountAllowlistProblems(allowlist, "/home/nanoclaw", places).map(({ field }) => field)).toEqual([0, 2, 3, 4].map((index) => `mountAllowlist.allowedRoots[${index}].path`));
  expect(mountAllowlistProblems(null, "/home/nanoclaw", places)).toHaveLength(1);
});

test("ordinary project directories may be mounted", () => {
  for (const path of ["/srv/site", "/home/alice/projects", "/mnt/c/work/site", "/opt/site", "/data/site"]) expect(mountProblem("x", path, places)).toBe(undefined);
});
