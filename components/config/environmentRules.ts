import { nearest } from "./nearest.ts";
import type { ConfigError } from "../configErrors.ts";

/** Variables that the runtime sets itself, each with the field to use instead, or why there is none. */
const ownedByRuntime: Record<string, string> = {
  MAX_CONCURRENT_CONTAINERS: "set `containers`",
  ASSISTANT_NAME: "set `assistantName`",
  TZ: "set `timezone`",
  ANTHROPIC_BASE_URL: "set `anthropic.baseUrl`",
  CONTAINER_IMAGE: "remove it: the runtime builds and names the image",
  CONTAINER_RUNTIME: "remove it: the runtime's guard is `docker`",
  CONTAINER_RUNTIME_BIN: "remove it: the runtime's guard is `docker`",
};

/** Variables that change which programs or libraries run, or where Podman is looked for: they would undo the box. */
const neverSet =
  /^(PATH|HOME|USER|SHELL|BASH_ENV|ENV|LD_.*|NODE_OPTIONS|NODE_PATH|DOCKER_.*|CONTAINER_HOST|CONTAINERS_.*|PODMAN_.*|STORAGE_.*|XDG_.*|DBUS_.*|SYSTEMD_.*)$/;

const looksSecret = /(^|_)(TOKEN|KEY|APIKEY|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|PAT)$|PRIVATE_KEY|ACCESS_KEY/;

/** The secrets that have a place of their own. */
const secretPlaces: Record<string, string> = {
  ANTHROPIC_API_KEY: "anthropicApiKey",
  ANTHROPIC_AUTH_TOKEN: "claudeCodeOauthToken",
  CLAUDE_CODE_OAUTH_TOKEN: "claudeCodeOauthToken",
};

const often = ["LOG_LEVEL", "CONTAINER_TIMEOUT", "IDLE_TIMEOUT", "CONTAINER_MAX_OUTPUT_SIZE", "ASSISTANT_HAS_OWN_NUMBER"];

/** Checks the names of a host's `environment`. Values are never quoted: a wrong name may well hold a secret. */
export function environmentRules(path: string, environment: Record<string, string>): ConfigError[] {
  return Object.keys(environment).flatMap((name) => {
    const refused = refusal(name);
    return refused ? [{ field: `${path}.${name}`, given: `the name ${JSON.stringify(name)}`, ...refused }] : [];
  });
}

function refusal(name: string): Pick<ConfigError, "wanted" | "remedy"> | undefined {
  const upper = name.toUpperCase();
  if (looksSecret.test(upper)) {
    const place = secretPlaces[upper];
    return {
      wanted: "no secrets here: this map is stored and shown in plain text",
      remedy: place
        ? `remove it, and run \`pulumi config set --secret ${place}\``
        : `remove it; the secrets that can be given are ${[...new Set(Object.values(secretPlaces))].join(" and ")}`,
    };
  }
  const owner = ownedByRuntime[upper];
  if (owner !== undefined) return { wanted: "a variable that the runtime does not set itself", remedy: owner };
  if (neverSet.test(upper)) {
    return { wanted: "a variable of NanoClaw", remedy: "remove it: it would change which programs run, or where" };
  }
  if (!/^[A-Z_][A-Z0-9_]*$/.test(name)) {
    const meant = nearest(name, often);
    return {
      wanted: "capital letters, digits and underscores",
      remedy: meant ? `did you mean ${meant}?` : "write it as NanoClaw does, such as LOG_LEVEL",
    };
  }
  return undefined;
}
