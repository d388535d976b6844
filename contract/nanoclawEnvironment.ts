/**
 * The variables that NanoClaw's own process reads, as data, read from its sources (src/config.ts, src/logger.ts,
 * src/container-runner.ts). The secrets among them are named in each version's row (contract/nanoclaw.ts).
 */

/** One variable. */
export interface EnvironmentVariable {
  readonly name: string;
  /** NanoClaw's own default, as text; null when nothing is set. */
  readonly byDefault: string | null;
  /** Where NanoClaw looks: its process's environment, the `.env` file in its root, or the former and then the latter. */
  readonly readFrom: "environment" | ".env" | "environment, .env";
  /** What it does, with its unit. */
  readonly means: string;
  /** How a stack sets it: a configuration field or secret by name, or `environment` for the map of that name; null = never. */
  readonly setBy: string | null;
}

/** What 1.1.3 and 1.1.6 read besides secrets. */
export const hostVariables: readonly EnvironmentVariable[] = [
  { name: "ASSISTANT_NAME", byDefault: "Andy", readFrom: "environment, .env", means: "The name that the assistant answers to: groups call it as @Andy.", setBy: "assistantName" },
  { name: "ASSISTANT_HAS_OWN_NUMBER", byDefault: "false", readFrom: "environment, .env", means: "true when the assistant has a telephone number of its own; else its messages begin with its name.", setBy: "environment" },
  { name: "CONTAINER_IMAGE", byDefault: "nanoclaw-agent:latest", readFrom: "environment", means: "The image that agents run in. The runtime builds it and runs no other.", setBy: null },
  { name: "CONTAINER_TIMEOUT", byDefault: "1800000", readFrom: "environment", means: "Milliseconds without a result after which an agent is stopped; each result begins them anew. At least IDLE_TIMEOUT + 30 s.", setBy: "environment" },
  { name: "IDLE_TIMEOUT", byDefault: "1800000", readFrom: "environment", means: "Milliseconds that an agent waits for the next message after its last result.", setBy: "environment" },
  { name: "CONTAINER_MAX_OUTPUT_SIZE", byDefault: "10485760", readFrom: "environment", means: "Most bytes of an agent's output that are kept for its log.", setBy: "environment" },
  { name: "MAX_CONCURRENT_CONTAINERS", byDefault: "5", readFrom: "environment", means: "Agents at once. Follows from N.", setBy: "containers" },
  { name: "TZ", byDefault: null, readFrom: "environment", means: "Time zone of schedules and of what agents call today; by default the system's.", setBy: "timezone" },
  { name: "LOG_LEVEL", byDefault: "info", readFrom: "environment", means: "trace, debug, info, warn, error or fatal. With debug, the log of each run holds its whole output.", setBy: "environment" },
  { name: "HOME", byDefault: null, readFrom: "environment", means: "Where .config/nanoclaw/mount-allowlist.json is looked for. The service's unit sets it.", setBy: null },
];

/** What the secrets of every version mean. They are read from `.env` only, and go to each agent on stdin. */
export const secretVariables: Readonly<Record<string, Pick<EnvironmentVariable, "means" | "setBy">>> = {
  ANTHROPIC_API_KEY: { means: "API key for the model.", setBy: "anthropicApiKey" },
  CLAUDE_CODE_OAUTH_TOKEN: { means: "Token of a Claude subscription, instead of an API key.", setBy: "claudeCodeOauthToken" },
  ANTHROPIC_BASE_URL: { means: "Address of the Messages API, or of a gateway that speaks it.", setBy: "anthropic.baseUrl" },
  ANTHROPIC_AUTH_TOKEN: { means: "Bearer token of a gateway. This project has no field for it.", setBy: null },
};
