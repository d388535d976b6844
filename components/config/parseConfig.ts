import type { z } from "zod";
import { onePerField, type ConfigError } from "../configErrors.ts";
import { StackSchema } from "../configSchema.ts";
import { environmentRules } from "./environmentRules.ts";
import { fillDefaults } from "./fillDefaults.ts";
import { goodFields, goodHost, hostsOf, schemaErrors, withDefaults } from "./merge.ts";
import { policyRules, policyWarnings } from "./policyRules.ts";
import { archiveRules, caCertificates, hostRules } from "./rules.ts";
import { isObject } from "./schemaWalk.ts";
import { hostNameRule, hostWarnings, modelRules, samePlaceRules } from "./stackRules.ts";
import type { ReadFiles, StackConfig } from "./types.ts";

/** What `parseConfig` gives. Warnings are sentences for people. */
export type ParsedConfig =
  | { ok: true; config: StackConfig; warnings: string[] }
  | { ok: false; errors: ConfigError[] };

/** Checks a stack's plain configuration as a whole and fills in every default. Everything that is wrong is reported at once. */
export function parseConfig(raw: unknown, files: ReadFiles): ParsedConfig {
  const written = isObject(raw) ? raw : {};
  const merged = withDefaults(written);
  const errors: ConfigError[] = schemaErrors(written, merged);

  const hosts = hostsOf(merged).map(([name, host]) => ({
    name,
    path: `hosts.${name}`,
    fields: goodHost(host),
  }));
  for (const { name, path, fields } of hosts) {
    errors.push(...hostNameRule(path, name));
    errors.push(...hostRules(path, fields, files));
    errors.push(...policyRules(path, fields, files));
    errors.push(...environmentRules(`${path}.environment`, fields.environment ?? {}));
  }
  errors.push(...samePlaceRules(hosts));

  const stack = goodFields(StackSchema.shape, merged) as Partial<z.output<typeof StackSchema>>;
  const ca = caCertificates(stack.trustedCaCertificates, files);
  const model = modelRules(stack.anthropic?.baseUrl, stack.standIns?.messagesApi ?? false);
  errors.push(...ca.errors, ...model.errors);
  if (stack.sources) errors.push(...archiveRules("sources.baseImage", stack.sources.baseImage, files));
  if (errors.length > 0) return { ok: false, errors: onePerField(errors) };

  const config = fillDefaults(StackSchema.parse(merged), ca.pem, files);
  return { ok: true, config, warnings: [...model.warnings, ...config.hosts.flatMap(hostWarnings), ...config.hosts.flatMap(policyWarnings)] };
}
