import { expect, test } from "vitest";

import { matcher } from "./globs.ts";
import { check, diff } from "./resources.ts";
import { hasUnknown, isSecret, plain, same, secret, UNKNOWN } from "./values.ts";

test("path rules take and give back in order", () => {
  const taken = matcher(["assets/**", "src/**.js", "!**secret.*"]);
  expect(["assets/logos/logo.svg", "src/index.js", "src/secret.js", "other/a.js"].map(taken)).toEqual([true, true, false, false]);
});

test("one star stays inside its directory", () => {
  expect(["a.txt", "b/a.txt"].map(matcher(["*.txt"]))).toEqual([true, false]);
});

test("a value that only became secret is the same value", () => {
  expect(same({ a: secret("x"), b: null }, { a: "x" })).toBe(true);
  expect(plain(secret({ deep: secret(1) }))).toEqual({ deep: 1 });
});

test("an unknown value is found however deep", () => {
  expect(hasUnknown({ a: [secret({ b: UNKNOWN })] })).toBe(true);
});

test("check fills in the connection's defaults and makes it secret", () => {
  const { inputs, failures } = check("command:remote:Command", { connection: { host: "h", proxy: { host: "p" } } });
  expect(failures).toEqual([]);
  expect(isSecret(inputs["connection"])).toBe(true);
  const defaults = { user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 };
  expect(plain(inputs["connection"])).toEqual({ host: "h", ...defaults, proxy: { host: "p", ...defaults } });
});

test("every wrong field is named", () => {
  const { failures } = check("command:remote:CopyToRemote", { connection: {}, source: "text" });
  expect(failures.map(({ property }) => property)).toEqual(["remotePath", "connection.host", "asset"]);
});

test("fields that differ are named with how", () => {
  const changed = diff("command:remote:Command", { create: "a", stdin: "x" }, { create: "b", triggers: [1] });
  expect(changed).toEqual({ create: "update", stdin: "delete", triggers: "add" });
});
