import { expect, test } from "vitest";
import type { ProfileName } from "../../contract/profiles.ts";
import { managedSettings } from "./managedSettings.ts";
import { policyWith } from "./testPolicy.ts";

interface Settings {
  permissions: { disableBypassPermissionsMode?: string; deny: string[] };
  env: Record<string, string>;
}

const settingsOf = (role: string, profile: ProfileName = "personal"): Settings => JSON.parse(managedSettings(policyWith({}, profile).roles.find(({ name }) => name === role)!)) as Settings;

test.each(["main", "trusted", "untrusted"])("git tokens are empty in what Claude Code starts for %s, also where the role has them", (role) => {
  expect(settingsOf(role).env).toMatchObject({ GITHUB_TOKEN: "", GH_TOKEN: "" });
});

test("untrusted groups lose the permission bypass with the profile untrusted, and keep it elsewhere", () => {
  expect(settingsOf("untrusted", "untrusted").permissions.disableBypassPermissionsMode).toBe("disable");
  expect(settingsOf("untrusted").permissions).not.toHaveProperty("disableBypassPermissionsMode");
});

test("there are deny rules for every role, whatever the mode", () => {
  for (const role of ["main", "trusted", "untrusted"]) expect(settingsOf(role).permissions.deny.length).toBeGreaterThan(0);
});

test("where the bypass is off, only the managed rules allow anything: neither the agent's settings nor NanoClaw's flags", () => {
  expect(settingsOf("untrusted", "untrusted")).toMatchObject({ allowManagedPermissionRulesOnly: true, permissions: { allow: expect.arrayContaining(["Read"]) } });
  expect(settingsOf("main")).not.toHaveProperty("allowManagedPermissionRulesOnly");
});
