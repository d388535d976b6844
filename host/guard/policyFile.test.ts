import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { GuardPolicy } from "../../contract/policy.ts";
import { guardPolicy, PROFILES, type ProfileName } from "../../contract/profiles.ts";
import { parsePolicy, readPolicy } from "./policyFile.ts";
import { Refusal } from "./refusal.ts";
import { accepts, ARGS, fullPolicy, places } from "./testPolicy.ts";

const directory = mkdtempSync(join(tmpdir(), "guard-policy-"));
afterAll(() => rmSync(directory, { recursive: true }));

test.each(Object.keys(PROFILES) as ProfileName[])("the policy of the profile %s is valid for the operator and for the guard", (profile) => {
  const policy = guardPolicy({ ...ARGS, profile });
  expect(GuardPolicy.parse(policy)).toEqual(policy);
  expect(parsePolicy(JSON.stringify(policy), "policy")).toEqual(policy);
});

test("at each place of a policy, each odd value is judged by the guard as by the operator's schema", () => {
  const odd = [undefined, null, true, 0, -1, 1.5, 15, 16, 256, 257, 1025, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, 2 ** 50 + 2, "", "x", "*", "a*", "main", "/", "relative", "/a:b", "/a\n", "x:y", "none", "rw", "x.slice", "0a1b2c3d", "y".repeat(201), [], ["*"], ["ok", ""], Array(201).fill("ab"), {}];
  const differs: unknown[] = [];
  // Of lists the first member: the others are judged alike.
  for (const at of places(fullPolicy).filter((path) => path.every((key) => !/^[1-9]/.test(key)))) {
    for (const value of odd) {
      const policy = { policy: structuredClone(fullPolicy) as unknown };
      let parent = policy as Record<string, unknown>;
      const path = ["policy", ...at];
      for (const step of path.slice(0, -1)) parent = parent[step] as Record<string, unknown>;
      parent[path.at(-1)!] = value;
      const plain: unknown = JSON.parse(JSON.stringify(policy)).policy;
      if (accepts(plain) !== GuardPolicy.safeParse(plain).success) differs.push([at.join("."), value]);
    }
  }
  expect(differs).toEqual([]);
});

test("a policy that is missing, unreadable as JSON, or others' to write is refused", () => {
  const file = join(directory, "guard.json");
  const rule = (strict = true): string => {
    try {
      readPolicy(file, strict);
      return "allow";
    } catch (error) {
      return (error as Refusal).rule;
    }
  };
  expect(rule()).toBe("policy-unreadable");
  writeFileSync(file, "{");
  chmodSync(file, 0o644);
  expect(rule(false)).toBe("policy-invalid");
  writeFileSync(file, JSON.stringify(fullPolicy));
  chmodSync(file, 0o664);
  expect(rule()).toBe("policy-owner");
  chmodSync(file, 0o644);
  if (process.getuid?.() === 0) {
    expect(rule()).toBe("allow");
    chownSync(file, 1500, 1500);
  }
  expect(rule()).toBe("policy-owner");
});

test("an error in a policy names the field, what was wanted and what was given", () => {
  expect(() => parsePolicy(JSON.stringify({ ...fullPolicy, containers: 0 }), "/etc/nanoclaw/guard.json")).toThrow("/etc/nanoclaw/guard.json.containers: wanted a whole number, 1 to 256; got 0. Remedy:");
  expect(() => parsePolicy(JSON.stringify({ ...fullPolicy, extra: 1 }), "p")).toThrow(/p: wanted only version, .*; got extra/);
});
