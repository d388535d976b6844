import type { GuardPolicy, GuardRole } from "../../contract/policy.ts";
import { hasPassword, isSecretValue, looksSecret, mayTravel } from "../../contract/secretNames.ts";
import { secretReplacement, type Egress } from "./egress.ts";
import type { Call } from "./grammar.ts";
import { Refusal } from "./refusal.ts";
import { matches } from "./roles.ts";

/** A container's variables. */
export interface Variables {
  /** podman's flags, in the order that holds. */
  readonly flags: readonly string[];
  /** Secrets, which podman takes from its own environment, so that no command line shows them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of the secrets that stay, and how many were dropped. */
  readonly kept: readonly string[];
  readonly dropped: number;
}

/** `-e`: what the policy knows goes on, secrets by role and out of sight, all else is refused. @throws Refusal */
export function variablesOf(call: Call, policy: GuardPolicy, role: GuardRole, egress: Egress): Variables {
  const flags = ["--env=HOME=/home/node", "--env=XDG_CONFIG_HOME=/home/node/.config", "--env=XDG_CACHE_HOME=/home/node/.cache", ...egress.defaults];
  const environment: Record<string, string> = {};
  const kept: string[] = [];
  let dropped = 0;
  const give = (name: string, value: string): void => {
    const secret = looksSecret(name) || isSecretValue(value) || hasPassword(value);
    if (!secret) flags.push(`--env=${name}=${value}`);
    else if (mayTravel(name)) {
      flags.push(`--env=${name}`);
      environment[name] = value;
    } else throw new Refusal("environment", `--env ${name}`, "a secret under a name that says so and that no program of the host obeys, such as X_TOKEN", name, "give it another name");
  };
  for (const text of call.flags.get("env") ?? []) {
    const [name, value] = [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)];
    const secret = looksSecret(name) || isSecretValue(value);
    const known = policy.environment.some((pattern) => matches(pattern, name));
    if (name === "HOME") {
      if (value !== "/home/node") throw new Refusal("environment", "--env HOME", "/home/node", "another directory", "leave it out");
    } else if (value === "placeholder" && secret) flags.push(`--env=${text}`);
    else if (known && !secret) {
      // A proxy's address may hold its password: as a secret, which only a network of the container's own could use.
      if (hasPassword(value) && role.network !== "open") dropped++;
      else give(name, value);
    } else if (role.secrets.includes(name) || !policy.hardening.secrets) {
      kept.push(name);
      const replacement = secretReplacement(role, name);
      if (replacement === undefined) give(name, value);
      else flags.push(`--env=${name}=${replacement}`);
    } else if (secret) dropped++;
    else throw new Refusal("environment", `--env ${name}`, `one of ${policy.environment.join(", ")}`, name, "add it to the policy's `environment` if agents need it");
  }
  return { flags: [...flags, ...egress.fixed], environment, kept, dropped };
}
