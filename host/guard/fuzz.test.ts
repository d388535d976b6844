import fc from "fast-check";
import { expect, test } from "vitest";
import { GuardPolicy } from "../../contract/policy.ts";
import { parsePolicy } from "./policyFile.ts";
import { Refusal } from "./refusal.ts";
import { accepts, fullPolicy, places } from "./testPolicy.ts";

test("the guard's validator and the operator's schema agree about any change of a policy", () => {
  const odd = fc.oneof(fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e300, 16, 256, 257, 2 ** 20, "", "*", "main", "/", "relative", "/a:b", "/a\n", "x:y", [], ["*"], {}, "none", "open", "rw"), fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.jsonValue());
  const change = fc.record({ at: fc.constantFrom(...places(fullPolicy)), how: fc.constantFrom("set", "remove", "add"), value: odd, key: fc.string({ minLength: 1 }) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const policy = { policy: structuredClone(fullPolicy) as unknown };
      for (const { at, how, value, key } of changes) {
        let parent = policy as Record<string, unknown>;
        const path = ["policy", ...at];
        for (const step of path.slice(0, -1)) parent = (typeof parent[step] === "object" && parent[step] !== null ? parent[step] : {}) as Record<string, unknown>;
        const last = path.at(-1)!;
        if (how === "set") parent[last] = value;
        else if (how === "remove" && !Array.isArray(parent)) delete parent[last];
        else if (how === "add" && key !== "__proto__" && typeof parent[last] === "object" && parent[last] !== null && !Array.isArray(parent[last])) (parent[last] as Record<string, unknown>)[key] = value;
      }
      const plain: unknown = JSON.parse(JSON.stringify(policy)).policy;
      expect(accepts(plain)).toBe(GuardPolicy.safeParse(plain).success);
    }),
    { numRuns: 5000 },
  );
});

test("any text is either a policy or refused as policy-invalid", () => {
  const text = JSON.stringify(fullPolicy);
  const torn = fc.tuple(fc.nat(text.length), fc.nat(200), fc.string()).map(([at, length, put]) => text.slice(0, at) + put + text.slice(at + length));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), torn), (one) => {
      let value: unknown;
      try {
        value = JSON.parse(one);
      } catch {
        expect(() => parsePolicy(one, "policy")).toThrow(Refusal);
        return;
      }
      expect(accepts(value)).toBe(GuardPolicy.safeParse(value).success);
    }),
    { numRuns: 3000 },
  );
});
