import { expect, test } from "vitest";
import { HOSTILE } from "./hostile.ts";
import { RULES } from "./refusal.ts";
import { decideOn, policyWith, runOf } from "./testPolicy.ts";

test("the run that the hostile flags are put into is allowed without them", () => {
  expect(decideOn(policyWith(), runOf("main")).allowed).toBe(true);
});

test("there are at least 150 hostile command lines, no two alike", () => {
  expect(new Set(HOSTILE.map(({ argv }) => JSON.stringify(argv))).size).toBe(HOSTILE.length);
  expect(HOSTILE.length).toBeGreaterThan(150);
});

test.each(HOSTILE.map((one) => [one.tries, one] as const))("refused: %s", (_, { argv, rule }) => {
  const { allowed, rule: got, reason, argv: podman } = decideOn(policyWith(), argv);
  expect({ allowed, rule: got, podman }).toEqual({ allowed: false, rule, podman: null });
  expect(reason).toMatch(/^.+: wanted .+; got .*\. Remedy: .+/);
});

test("every rule about a command line refuses something here", () => {
  const elsewhere = ["policy-unreadable", "policy-owner", "policy-invalid", "mount-source", "mount-symlink", "stdin-json", "stdin-member", "stdin-size", "count", "egress", "slice", "copy", "podman", "journal", "internal"];
  const seen = new Set<string>(HOSTILE.map(({ rule }) => rule));
  expect(Object.keys(RULES).filter((rule) => !seen.has(rule)).sort()).toEqual(elsewhere.sort());
});
