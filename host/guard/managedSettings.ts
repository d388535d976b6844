import type { GuardRole } from "../../contract/policy.ts";

/** Where Claude Code reads settings that nothing in the container can change or outvote. */
export const MANAGED_SETTINGS_PATH = "/etc/claude-code/managed-settings.json";

/**
 * A role's managed settings. Deny rules hold even in bypassPermissions mode, which every NanoClaw asks for; a role
 * without `bypass` gets that mode switched off and does only what `allow` names.
 */
export function managedSettings(role: GuardRole): string {
  const { permissions } = role;
  return JSON.stringify({
    permissions: {
      ...(permissions.bypass ? {} : { disableBypassPermissionsMode: "disable", defaultMode: "acceptEdits", allow: permissions.allow }),
      deny: permissions.deny,
    },
    // Else what an agent writes into its own settings, or NanoClaw's own list of allowed tools, would allow more.
    ...(permissions.bypass ? {} : { allowManagedPermissionRulesOnly: true }),
    // Empty in Claude Code and in all that it starts: Bash, hooks.
    env: Object.fromEntries(permissions.scrubEnvironment.map((name) => [name, ""])),
  });
}
