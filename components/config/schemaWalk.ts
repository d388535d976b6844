import { z } from "zod";
import { fieldDocs, type FieldDoc } from "./field.ts";

/** Questions about the schema that docs and errors both ask. */

/** A schema without its layers of optional, default and prefault, with the doc of the outermost layer that has one. */
export function unwrap(schema: z.ZodType): { schema: z.ZodType; doc: FieldDoc | undefined; defaultValue: unknown } {
  let at = schema;
  let doc = fieldDocs.get(at);
  let defaultValue: unknown;
  for (;;) {
    if (at instanceof z.ZodDefault) defaultValue ??= at.def.defaultValue;
    const inner = innerOf(at);
    if (!inner) return { schema: at, doc, defaultValue };
    at = inner;
    doc ??= fieldDocs.get(at);
  }
}

function innerOf(schema: z.ZodType): z.ZodType | undefined {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return schema.def.innerType as z.ZodType;
  }
  return undefined;
}

/** The fields of an object schema; for a union of kinds, those of the kind that `value` names. Undefined for anything else. */
export function fieldsOf(schema: z.ZodType, value?: unknown): Record<string, z.ZodType> | undefined {
  const { schema: bare } = unwrap(schema);
  if (bare instanceof z.ZodObject) return bare.shape as Record<string, z.ZodType>;
  if (bare instanceof z.ZodDiscriminatedUnion) {
    const option = kindsOf(bare).find(({ kind }) => kind === (value as { kind?: unknown } | undefined)?.kind);
    return option && fieldsOf(option.schema);
  }
  return undefined;
}

/** The kinds of a union, each with its schema. */
export function kindsOf(union: z.ZodDiscriminatedUnion): { kind: string; schema: z.ZodObject }[] {
  return (union.options as z.ZodObject[]).map((schema) => ({
    kind: String((schema.shape.kind as z.ZodLiteral).value),
    schema,
  }));
}

/** Where a path leads: the schema there, and the doc that speaks about it (its own, else that of the nearest field around it). */
export function follow(
  root: z.ZodType,
  value: unknown,
  path: readonly PropertyKey[],
): { schema: z.ZodType | undefined; doc: FieldDoc | undefined; value: unknown } {
  let schema: z.ZodType | undefined = root;
  let doc = unwrap(root).doc;
  let here = value;
  for (const key of path) {
    const bare: z.ZodType | undefined = schema && unwrap(schema).schema;
    schema =
      bare instanceof z.ZodRecord ? (bare.def.valueType as z.ZodType) : bare instanceof z.ZodArray ? (bare.def.element as z.ZodType) : bare && fieldsOf(bare, here)?.[String(key)];
    doc = (schema && unwrap(schema).doc) ?? doc;
    here = isObject(here) || Array.isArray(here) ? (here as Record<PropertyKey, unknown>)[key] : undefined;
  }
  return { schema, doc, value: here };
}

/** True for what YAML calls a mapping. */
export function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
