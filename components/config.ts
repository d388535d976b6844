import * as pulumi from "@pulumi/pulumi";
import { formatErrors, unknownKey, type ConfigError } from "./configErrors.ts";
import { configNamespace, secretFields, StackSchema, type SecretName } from "./configSchema.ts";
import { parseConfig } from "./config/parseConfig.ts";
import { secretRules, secretsForHostsRules, type GivenSecrets } from "./config/secretRules.ts";
import type { ReadFiles, StackConfig } from "./config/types.ts";
import { operatorFiles } from "./operatorFiles.ts";

export type * from "./config/types.ts";

/** The only reader of `pulumi.Config`. What it returns has been checked as a whole. */

/** A stack's secrets. Each is an Output that Pulumi encrypts wherever it goes; undefined = not set. */
export interface StackSecrets {
  anthropicApiKey: pulumi.Output<string> | undefined;
  claudeCodeOauthToken: pulumi.Output<string> | undefined;
  /** The token of a git host that `egress.git` names. */
  gitToken(gitHost: string): pulumi.Output<string> | undefined;
  /** The private key of an ssh host; undefined when it logs in with a file or the agent. */
  sshPrivateKey(host: string): pulumi.Output<string> | undefined;
  /** The sudo password of an ssh host; undefined when sudo asks for none. */
  sudoPassword(host: string): pulumi.Output<string> | undefined;
}

/** A stack's configuration: plain values, and secrets apart. */
export interface LoadedConfig {
  config: StackConfig;
  secrets: StackSecrets;
}

/**
 * Reads and checks the configuration of the current stack.
 * Throws one `pulumi.RunError` that lists everything that is wrong; prints warnings as Pulumi diagnostics.
 */
export async function loadConfig(files: ReadFiles = operatorFiles): Promise<LoadedConfig> {
  const { plain, secrets, errors } = readStack();
  const parsed = parseConfig(plain, files);
  errors.push(...secretRules(secrets));
  if (parsed.ok) errors.push(...secretsForHostsRules(secrets, parsed.config));
  else errors.unshift(...parsed.errors);
  if (!parsed.ok || errors.length > 0) throw new pulumi.RunError(formatErrors(pulumi.getStack(), errors));
  for (const warning of parsed.warnings) await pulumi.log.warn(warning);
  return { config: parsed.config, secrets: secretOutputs(secrets) };
}

/** Sorts the stack's keys into plain ones, secrets, and mistakes. */
function readStack(): { plain: Record<string, unknown>; secrets: GivenSecrets; errors: ConfigError[] } {
  const plain: Record<string, unknown> = {};
  const secrets: GivenSecrets = {};
  const errors: ConfigError[] = [];
  const known = [...Object.keys(StackSchema.shape), ...Object.keys(secretFields)];
  for (const [fullKey, text] of Object.entries(pulumi.runtime.allConfig())) {
    if (!fullKey.startsWith(`${configNamespace}:`)) continue;
    const key = fullKey.slice(configNamespace.length + 1);
    const encrypted = isEncrypted(fullKey);
    if (isSecretName(key)) secrets[key] = { value: secretFields[key].perHost ? decoded(text) : text, encrypted };
    else if (!known.includes(key)) errors.push(unknownKey([key], key, known));
    else if (encrypted) errors.push(encryptedByMistake(key));
    // An encrypted plain key is still checked: its mistakes are shown as every field's are.
    if (key in StackSchema.shape) plain[key] = key === "trustedCaCertificates" ? text : decoded(text);
  }
  return { plain, secrets, errors };
}

function isSecretName(key: string): key is SecretName {
  return Object.hasOwn(secretFields, key);
}

/** Pulumi hands objects over as JSON text. Text that is no JSON stays as it is, and the schema refuses it. */
function decoded(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return text;
  }
}

/** Whether Pulumi stores a key encrypted. The SDK knows it (PULUMI_CONFIG_SECRET_KEYS), but leaves it out of its types. */
function isEncrypted(fullKey: string): boolean {
  return (pulumi.runtime as unknown as { isConfigSecret(key: string): boolean }).isConfigSecret(fullKey);
}

function encryptedByMistake(key: string): ConfigError {
  return {
    field: key,
    wanted: "plain text, because it is shown in previews and stored in the state",
    given: "a value set with --secret",
    remedy: `set ${key} without --secret; secrets have keys of their own: ${Object.keys(secretFields).join(", ")}`,
  };
}

function secretOutputs(given: GivenSecrets): StackSecrets {
  const config = new pulumi.Config(configNamespace);
  const perHost = (name: SecretName, host: string) => {
    const value = given[name]?.value as Record<string, string> | undefined;
    if (!value || !Object.hasOwn(value, host)) return undefined;
    return config.requireSecretObject<Record<string, string>>(name).apply((all) => all[host] ?? "");
  };
  return {
    anthropicApiKey: config.getSecret("anthropicApiKey"),
    claudeCodeOauthToken: config.getSecret("claudeCodeOauthToken"),
    gitToken: (gitHost) => perHost("gitTokens", gitHost),
    sshPrivateKey: (host) => perHost("sshPrivateKeys", host),
    sudoPassword: (host) => perHost("sudoPasswords", host),
  };
}
