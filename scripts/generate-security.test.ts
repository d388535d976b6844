import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SECURITY_PARTS, securityPage } from "./generate-security.ts";

const page = readFileSync(new URL("../docs/SECURITY.md", import.meta.url), "utf8");

test("the tables in docs/SECURITY.md are what the guard does (else: node scripts/generate-security.ts)", () => {
  expect(securityPage(page)).toBe(page);
});

test("each generated part stands in the page once", () => {
  expect([...page.matchAll(/<!-- generated: (\w+) -->/g)].map(([, name]) => name).sort()).toEqual(Object.keys(SECURITY_PARTS).sort());
});
