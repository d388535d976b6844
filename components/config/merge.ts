import type { z } from "zod";
import { errorsOf, type ConfigError } from "../configErrors.ts";
import { StackSchema } from "../configSchema.ts";
import { HostSchema } from "./host.ts";
import { MachineSchema } from "./machine.ts";
import { NanoclawSchema } from "./nanoclaw.ts";
import { fieldsOf, isObject } from "./schemaWalk.ts";
import type { PartialHostFields } from "./types.ts";

/** The configuration as written, with `defaults` merged under each host. A host's own field wins, whole. */
export function withDefaults(written: Record<string, unknown>): Record<string, unknown> {
  const { hosts, defaults } = written;
  if (!isObject(hosts) || !isObject(defaults)) return written;
  const merged = Object.entries(hosts).map(([name, host]) => [name, isObject(host) ? { ...defaults, ...host } : host]);
  return { ...written, hosts: Object.fromEntries(merged) };
}

/** What the schema finds wrong. A mistake in `defaults` is reported there, not again for every host that it reaches. */
export function schemaErrors(written: Record<string, unknown>, merged: Record<string, unknown>): ConfigError[] {
  const result = StackSchema.safeParse(merged);
  if (result.success) return [];
  const defaults = isObject(written.defaults) ? written.defaults : {};
  const hosts = isObject(written.hosts) ? written.hosts : {};
  const own = (host: unknown, key: unknown) => !(isObject(host) && String(key) in defaults && !(String(key) in host));
  const issues = result.error.issues.flatMap((issue): z.core.$ZodIssue[] => {
    const [top, name, key] = issue.path;
    const host = top === "hosts" ? hosts[String(name)] : undefined;
    if (host === undefined) return [issue];
    if (key !== undefined) return own(host, key) ? [issue] : [];
    if (issue.code !== "unrecognized_keys") return [issue];
    const keys = issue.keys.filter((unknown) => own(host, unknown));
    return keys.length > 0 ? [{ ...issue, keys }] : [];
  });
  return errorsOf(StackSchema, merged, issues);
}

/** The hosts, as far as there are any. */
export function hostsOf(merged: Record<string, unknown>): [string, Record<string, unknown>][] {
  if (!isObject(merged.hosts)) return [];
  return Object.entries(merged.hosts).filter((entry): entry is [string, Record<string, unknown>] => isObject(entry[1]));
}

/** A host's right fields; of machine and nanoclaw, which rules look into, each right field inside too. */
export function goodHost(host: Record<string, unknown>): PartialHostFields {
  const inside = (schema: z.ZodType, value: unknown) => {
    const shape = fieldsOf(schema, value);
    return shape && isObject(value) ? goodFields(shape, value) : undefined;
  };
  const machine = inside(MachineSchema, host.machine);
  const nanoclaw = inside(NanoclawSchema, host.nanoclaw);
  return { ...goodFields(HostSchema.shape, host), ...(machine && { machine }), ...(nanoclaw && { nanoclaw }) } as PartialHostFields;
}

/** Each field that is right by itself, with its default; the wrong ones are left out, so that rules can go on with the rest. */
export function goodFields(shape: Record<string, z.ZodType>, value: Record<string, unknown>): Record<string, unknown> {
  const results = Object.entries(shape).map(([key, schema]) => [key, schema.safeParse(value[key])] as const);
  return Object.fromEntries(results.flatMap(([key, result]) => (result.success ? [[key, result.data]] : [])));
}
