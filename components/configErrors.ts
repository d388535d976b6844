import type { z } from "zod";
import { Refusal, type RefusalParts } from "./refusal.ts";
import { nearest } from "./config/nearest.ts";
import { fieldsOf, follow } from "./config/schemaWalk.ts";

/** One thing that is wrong with the configuration. */
export type ConfigError = RefusalParts;

/** Turns what Zod found wrong in `value` into errors in the words of the fields' docs. `prefix` is put before each path. */
export function errorsOf(
  schema: z.ZodType,
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  prefix: readonly string[] = [],
): ConfigError[] {
  return issues.flatMap((issue) => {
    const found = follow(schema, value, issue.path);
    const path = [...prefix, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      const known = Object.keys((found.schema && fieldsOf(found.schema, found.value)) ?? {});
      return issue.keys.map((key) => unknownKey([...path, key], key, known));
    }
    return {
      field: fieldName(path),
      wanted: found.doc?.wanted ?? issue.message,
      given: issue.path.includes("environment") ? kindOf(found.value) : show(found.value),
      remedy: found.doc?.remedy ?? "see docs/CONFIGURATION.md",
    };
  });
}

/** The error about a key that does not exist, with the name that was probably meant. Its value is not shown: it may be a secret. */
export function unknownKey(path: readonly PropertyKey[], key: string, known: readonly string[]): ConfigError {
  const meant = nearest(key, known);
  return {
    field: fieldName(path),
    wanted: meant ? "a known key" : `a known key (${known.join(", ")})`,
    given: `the unknown key "${key}"`,
    remedy: meant ? `did you mean "${meant}"?` : "remove it, or see docs/CONFIGURATION.md for what it may be called",
  };
}

/** A path as the user may write it after `pulumi config set --path`, such as `hosts.office.containers`. */
export function fieldName(path: readonly PropertyKey[]): string {
  return path.map(String).join(".");
}

/** One error per field, the first: a rule has nothing to add where the schema has spoken. */
export function onePerField(errors: readonly ConfigError[]): ConfigError[] {
  return errors.filter((error, index) => errors.findIndex(({ field }) => field === error.field) === index);
}

/** A value in an error: short, and never a credential. */
export function show(value: unknown): string {
  if (value === undefined || value === null || value === "") return "nothing";
  if (typeof value === "object") return kindOf(value);
  const text = JSON.stringify(value) ?? String(value);
  if (/PRIVATE KEY|\bsk-|:\/\/[^/\s]*@|\b(ghp|gho|github_pat|xox[abp])[_-]/.test(text)) {
    return "something that looks like a credential (not shown)";
  }
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}

/** What sort of value it is, for values that may be secret. */
function kindOf(value: unknown): string {
  if (typeof value !== "object") return `a ${typeof value} that does not fit`;
  if (Array.isArray(value)) return "a list";
  return value !== null && Object.keys(value).length === 0 ? "an empty object" : "an object that does not fit";
}

/** The message about a configuration: every error on a line of its own, in the form that host steps print too. */
export function formatErrors(stack: string, errors: readonly ConfigError[]): string {
  return listed(`The configuration of stack ${stack}`, errors);
}

/** The message about a machine that is not fit to be the host at `path`. */
export function formatHostErrors(path: string, errors: readonly ConfigError[]): string {
  return listed(`The machine of ${path}`, errors);
}

function listed(subject: string, errors: readonly ConfigError[]): string {
  const count = errors.length === 1 ? "an error" : `${errors.length} errors`;
  const lines = errors.map((parts) => `  error: ${new Refusal(parts).message}`);
  return [`${subject} has ${count}; nothing was changed.`, ...lines].join("\n");
}
