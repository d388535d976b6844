import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseConfig } from "../components/config/parseConfig.ts";
import { configNamespace, StackSchema } from "../components/configSchema.ts";
import { fieldsOf, kindsOf, unwrap } from "../components/config/schemaWalk.ts";
import { outdatedFiles } from "./generate-docs.ts";

// The parser that @pulumi/pulumi brings; it has no types of its own.
const { load } = createRequire(import.meta.url)("js-yaml") as { load(text: string): unknown };
const stacks = new URL("../stacks/", import.meta.url);
const examples = readdirSync(stacks).filter((name) => name.endsWith(".example.yaml"));

it("generated documents are what the code says (else: npm run docs)", () => {
  expect(outdatedFiles()).toEqual([]);
});

it("every field of the configuration has a doc", () => {
  const undocumented = (schema: z.ZodType, path: string): string[] => {
    const { schema: bare, doc } = unwrap(schema);
    const own = doc || path === "" || path.endsWith(".kind") ? [] : [path];
    const below = fieldsOf(bare) ?? {};
    const inside = Object.entries(below).flatMap(([key, child]) => undocumented(child, `${path}.${key}`));
    if (bare instanceof z.ZodDiscriminatedUnion) {
      return [...own, ...kindsOf(bare).flatMap((option) => Object.entries(option.schema.shape).flatMap(([key, child]) => undocumented(child as z.ZodType, `${path}.${key}`)))];
    }
    if (bare instanceof z.ZodRecord && fieldsOf(bare.def.valueType as z.ZodType)) return [...own, ...undocumented(bare.def.valueType as z.ZodType, `${path}.<name>`)];
    return [...own, ...inside];
  };
  expect(undocumented(StackSchema, "")).toEqual([]);
});

describe("examples", () => {
  const key = "-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n";
  const files = { exists: () => true, read: () => key, absolute: (path: string) => path, agentFault: () => undefined };

  it.each(examples)("stacks/%s passes the whole check, or is commented out", (name) => {
    const { config } = load(readFileSync(new URL(name, stacks), "utf8")) as { config: Record<string, unknown> };
    const entries = Object.entries(config).map(([long, value]) => [long.replace(`${configNamespace}:`, ""), value]);
    if (entries.length === 0) return;
    expect(parseConfig(Object.fromEntries(entries), files)).toMatchObject({ ok: true });
  });

  it.each(examples)("stacks/%s passes the editors' schema", (name) => {
    const schema = z.fromJSONSchema(JSON.parse(readFileSync(new URL("schema.json", stacks), "utf8")));
    expect(schema.safeParse(load(readFileSync(new URL(name, stacks), "utf8"))).error?.issues ?? []).toEqual([]);
  });

  it("cover a VM and a machine over SSH, and leave the seat of EC2", () => {
    expect(examples.sort()).toEqual(["dev.example.yaml", "ec2.example.yaml", "ssh.example.yaml"]);
  });
});
