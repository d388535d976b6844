import { expect, it } from "vitest";
import { hostPolicy, serviceSettings } from "../hostSettings.ts";
import { sizeHost } from "../sizing.ts";
import { nanoclawContract } from "../../contract/nanoclaw.ts";
import { GuardPolicy } from "../../contract/policy.ts";
import { parseConfig } from "./parseConfig.ts";
import type { ReadFiles } from "./types.ts";

const list = { allowedRoots: [{ path: "~/projects", allowReadWrite: true }], blockedPatterns: [], nonMainReadOnly: true };
const texts: Record<string, string> = { "good.json": JSON.stringify(list), "torn.json": "{", "open.json": JSON.stringify({ ...list, allowedRoots: [{ path: "/", allowReadWrite: false }] }) };
const files: ReadFiles = { exists: (path) => path in texts, read: (path) => texts[path], absolute: (path) => path, agentFault: () => undefined };
const stack = (changes: Record<string, unknown>) => ({ hosts: { office: { machine: { kind: "vm" }, containers: 2, ...changes } } });
const parse = (changes: Record<string, unknown>) => parseConfig(stack(changes), files);
const fields = (changes: Record<string, unknown>) => {
  const parsed = parse(changes);
  return parsed.ok ? [] : parsed.errors.map(({ field }) => field);
};
const good = (changes: Record<string, unknown>) => {
  const parsed = parse(changes);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const host = parsed.config.hosts[0]!;
  const size = sizeHost(host);
  const { mountAllowlist } = serviceSettings(host, parsed.config, size, nanoclawContract(host.nanoclaw.version), true);
  return { policy: hostPolicy(host, size, {}), mountAllowlist, warnings: parsed.warnings };
};

it("a host without any of these has the profile's policy, no list for NanoClaw and no warning", () => {
  const { policy, mountAllowlist, warnings } = good({ profile: "shared" });
  expect(GuardPolicy.parse(policy)).toMatchObject({ profile: "shared", extraMounts: [], containers: 2 });
  expect([mountAllowlist, warnings]).toEqual([null, []]);
});

it("every mistake in policy, mounts and allowlist is told at once, by the field that the user wrote", () => {
  const changes = {
    policy: { agentSource: "write", hardening: { capdrop: false }, limits: { pids: 4 }, roles: { main: { network: "host" } } },
    additionalMounts: [{ path: "/" }, { path: "/home/alice" }, { path: "/srv/site" }, { path: "/srv/b/.ssh", roles: ["nobody"] }],
    mountAllowlist: "open.json",
  };
  expect(fields(changes).sort()).toEqual(
    [
      "additionalMounts[0].path", "additionalMounts[1].path", "additionalMounts[3].path", "additionalMounts[3].roles", "mountAllowlist.allowedRoots[0].path",
      "policy.agentSource", "policy.hardening.capdrop", "policy.limits.pids", "policy.roles.main.network",
    ].map((field) => `hosts.office.${field}`).sort(),
  );
});

it.each(["none.json", "torn.json"])("an allowlist's file that cannot be used (%s) is an error that names it", (mountAllowlist) => {
  const parsed = parse({ mountAllowlist });
  expect(parsed.ok ? [] : parsed.errors).toEqual([expect.objectContaining({ field: "hosts.office.mountAllowlist", given: expect.stringContaining(mountAllowlist) })]);
});

it("an allowlist from a file becomes the guard's mounts and NanoClaw's file", () => {
  const { policy, mountAllowlist } = good({ mountAllowlist: "good.json", additionalMounts: [{ path: "/srv/site" }] });
  expect(policy.extraMounts.map(({ path, access, roles }) => [path, access, roles.length])).toEqual([["/srv/site", "ro", 1], ["/home/nanoclaw/projects", "ro", 3], ["/home/nanoclaw/projects", "rw", 1]]);
  expect(mountAllowlist).toMatchObject({ allowedRoots: [{ path: "/home/nanoclaw/projects", allowReadWrite: true }, { path: "/srv/site", allowReadWrite: false }], nonMainReadOnly: true });
});

it("the profile untrusted takes no mounts, from neither field", () => {
  expect(fields({ profile: "untrusted", additionalMounts: [{ path: "/srv/site" }] })).toEqual(["hosts.office.additionalMounts"]);
  expect(fields({ profile: "untrusted", mountAllowlist: list })).toEqual(["hosts.office.mountAllowlist"]);
});

it("trusted lanes are named by the stack, and a new role is asked first", () => {
  const { policy, warnings } = good({ policy: { roles: { trusted: { folders: ["family"] }, lane: { folders: ["lane-*"], secrets: ["GH_TOKEN"] } } } });
  expect(policy.roles.map(({ name, folders }) => [name, folders.join()])).toEqual([["lane", "lane-*"], ["main", "main"], ["trusted", "family"], ["untrusted", "*"]]);
  expect(warnings).toEqual([expect.stringContaining("hosts.office.policy.roles.lane.secrets is longer (GH_TOKEN)")]);
});

it("what weakens a profile is a warning that names the flag by its place in the stack", () => {
  const { policy, warnings } = good({ profile: "production", policy: { hardening: { capDrop: false }, limits: { pids: 4096 } } });
  expect(policy.hardening.capDrop).toBe(false);
  expect(warnings).toEqual([expect.stringMatching(/^hosts\.office\.policy\.limits\.pids is 4096/), expect.stringMatching(/^hosts\.office\.policy\.hardening\.capDrop is off/)]);
});

it("a mode of egress that is weaker than the profile's is a warning, too", () => {
  expect(good({ profile: "untrusted", egress: { mode: "open" } }).warnings).toEqual(["hosts.office.egress.mode is open: weaker than the profile untrusted"]);
});
