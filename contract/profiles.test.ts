import { expect, test } from "vitest";
import { GuardPolicy } from "./policy.ts";
import { mountAllowlistProblems, mountPlan } from "./mountAllowlist.ts";
import { guardPolicyProblems } from "./policyReview.ts";
import { guardPolicy, PROFILES, SECRET_SETS, type GuardPolicyArgs, type ProfileName } from "./profiles.ts";
import { mountProblem, RUNTIME_PLACES } from "./mountRules.ts";

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

test("a permissive extra mount is refused at preview with what to do", () => {
  const problems = guardPolicyProblems({ ...args, overrides: { extraMounts: ["/", "/home/alice", "/srv/site", "/srv/.ssh"].map((path) => ({ path, access: "ro", roles: ["main"] })) } });
  expect(problems.map(({ field }) => field)).toEqual(["extraMounts[0].path", "extraMounts[1].path", "extraMounts[3].path"]);
  for (const problem of problems) expect(Object.values(problem).every((text) => text !== "")).toBe(true);
});

test("a profile without extra mounts, and a policy without a role for everybody, are refused at preview", () => {
  expect(guardPolicyProblems({ ...args, profile: "untrusted", overrides: { extraMounts: [{ path: "/srv/site", access: "ro", roles: ["main"] }] } })).toMatchObject([{ field: "extraMounts" }]);
  expect(guardPolicyProblems({ ...args, overrides: { roles: { untrusted: { folders: ["guests"] } } } })).toMatchObject([{ field: "roles" }]);
});

test("a secret whose name podman itself or the loader would obey is refused at preview", () => {
  const problems = guardPolicyProblems({ ...args, overrides: { roles: { trusted: { secrets: ["GH_TOKEN", "LD_PRELOAD", "CONTAINERS_CONF", "XDG_CONFIG_HOME"] } } } });
  expect(problems).toMatchObject([{ field: "roles.trusted.secrets", given: "LD_PRELOAD, CONTAINERS_CONF, XDG_CONFIG_HOME" }]);
  for (const profile of Object.keys(PROFILES) as ProfileName[]) expect(guardPolicyProblems({ ...args, profile })).toEqual([]);
});

test("NanoClaw's own allowlist is held to the same rules", () => {
  const allowlist = { allowedRoots: ["~", "~/projects", "/", 1, "/var/lib/nanoclaw/store"].map((path) => ({ path, allowReadWrite: false })), blockedPatterns: [], nonMainReadOnly: true };
  expect(mountAllowlistProblems("mountAllowlist", allowlist, "/home/nanoclaw", places).map(({ field }) => field)).toEqual([0, 2, 3, 4].map((index) => `mountAllowlist.allowedRoots[${index}].path`));
  expect(mountAllowlistProblems("mountAllowlist", null, "/home/nanoclaw", places)).toHaveLength(3);
});

test("ordinary project directories may be mounted", () => {
  for (const path of ["/srv/site", "/home/alice/projects", "/mnt/c/work/site", "/opt/site", "/data/site", "/tmp/site", "/export/home/bob/site", "/mnt/data"]) expect(mountProblem("x", path, places)).toBe(undefined);
});

test.each(["/tmp/ssh-abc", "/tmp/.X11-unix", "/tmp/tmux-1000/default", "/var/lib/mysql", "/var/lib/kubelet", "/mnt/wsl", "/mnt/wslg/runtime-dir", "/export/home", "/export/home/bob", "/export/home/bob/.cache", "/var/home/bob"])("%s may not be mounted", (path) => {
  expect(mountProblem("x", path, places)).toMatchObject({ field: "x" });
});

test("a form that NanoClaw would not understand is refused by member", () => {
  const bad = { allowedRoots: [{ path: "/srv/site" }, null], blockedPatterns: ["x"], nonMainReadOnly: "yes", rooots: [] };
  expect(mountAllowlistProblems("m", bad, "/home/nanoclaw", places).map(({ field }) => field)).toEqual(["m.rooots", "m.blockedPatterns", "m.nonMainReadOnly", "m.allowedRoots[0].allowReadWrite", "m.allowedRoots[1].allowReadWrite", "m.allowedRoots[1].path"]);
});

test("what the guard mounts and what NanoClaw may ask for are one list", () => {
  const given = { allowedRoots: [{ path: "~/notes", allowReadWrite: true, description: "notes" }], blockedPatterns: ["internal"], nonMainReadOnly: true };
  const site = { path: "/srv/site", access: "ro" as const, roles: ["main"] };
  const { extraMounts, allowlist } = mountPlan([site], given, ["main", "untrusted"], "/home/nanoclaw");
  expect(extraMounts).toEqual([site, { path: "/home/nanoclaw/notes", access: "ro", roles: ["main", "untrusted"] }, { path: "/home/nanoclaw/notes", access: "rw", roles: ["main"] }]);
  expect(allowlist).toEqual({ allowedRoots: [{ path: "/home/nanoclaw/notes", allowReadWrite: true, description: "notes" }, { path: "/srv/site", allowReadWrite: false }], blockedPatterns: ["internal"], nonMainReadOnly: true });
  expect(mountPlan([], null, ["main"], "/h")).toEqual({ extraMounts: [], allowlist: null });
});

test("a path with slashes too many is the place that is meant, for the guard and for NanoClaw", () => {
  const given = { allowedRoots: [{ path: "~//notes/", allowReadWrite: false }], blockedPatterns: [], nonMainReadOnly: true };
  const { extraMounts, allowlist } = mountPlan([{ path: "/srv//site/", access: "ro", roles: ["main"] }], given, ["main"], "/home/nanoclaw");
  expect(extraMounts.map(({ path }) => path)).toEqual(["/srv/site", "/home/nanoclaw/notes"]);
  expect(allowlist!.allowedRoots.map(({ path }) => path)).toEqual(["/home/nanoclaw/notes", "/srv/site"]);
});

test("NanoClaw lets other groups than main write only when the stack says so", () => {
  const lane = { path: "/srv/lane", access: "rw" as const, roles: ["trusted"] };
  expect(mountPlan([lane], null, ["main", "trusted"], "/h").allowlist?.nonMainReadOnly).toBe(false);
  expect(mountPlan([{ ...lane, roles: ["main"] }], null, ["main", "trusted"], "/h").allowlist?.nonMainReadOnly).toBe(true);
  const open = { allowedRoots: [{ path: "/srv/a", allowReadWrite: true }], blockedPatterns: [], nonMainReadOnly: false };
  expect(mountPlan([], open, ["main", "trusted"], "/h").extraMounts.at(-1)).toEqual({ path: "/srv/a", access: "rw", roles: ["main", "trusted"] });
});

test("memory file systems larger than the container's memory, and mounts for roles that do not exist, are refused at preview", () => {
  expect(guardPolicyProblems({ ...args, overrides: { tmpfs: { tmpBytes: 2 ** 33 } } })).toMatchObject([{ field: "tmpfs" }]);
  expect(guardPolicyProblems({ ...args, overrides: { extraMounts: [{ path: "/srv/site", access: "ro", roles: ["nobody"] }] } })).toMatchObject([{ field: "extraMounts[0].roles", given: "nobody" }]);
});

test("a policy that its own schema refuses is found before it is sent", () => {
  expect(guardPolicyProblems({ ...args, overrides: { images: [] } })).toMatchObject([{ field: "images" }]);
});

test("limits of a role that are not given are the policy's", () => {
  const policy = guardPolicy({ ...args, overrides: { limits: { pids: 300 }, roles: { untrusted: { limits: { cpus: 1 } }, main: { limits: null } } } });
  expect(policy.roles.at(-1)!.limits).toEqual({ ...args.limits, pids: 300, cpus: 1 });
  expect(policy.roles[0]!.limits).toBe(null);
});
