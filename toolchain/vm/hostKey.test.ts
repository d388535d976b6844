import { expect, test } from "vitest";

import { hostKeyOnConsole } from "./hostKey.ts";

const key = `ssh-ed25519 ${"A".repeat(68)}`;
const block = `[   12.3] cloud-init[301]: x\r\n-----BEGIN SSH HOST KEY KEYS-----\r\n${key} root@dev\r\n-----END SSH HOST KEY KEYS-----\r\n`;

test("the ed25519 key is found between cloud-init's marks", () => {
  expect(hostKeyOnConsole(block)).toBe(key);
});

test("a block that is not complete yet gives nothing", () => {
  expect(hostKeyOnConsole(block.slice(0, 90))).toBeNull();
  expect(hostKeyOnConsole("")).toBeNull();
});

test("the newest block counts, and a key outside of one does not", () => {
  const newer = `ssh-ed25519 ${"B".repeat(68)}`;
  expect(hostKeyOnConsole(block + block.replace(key, newer))).toBe(newer);
  expect(hostKeyOnConsole(`${key}\n`)).toBeNull();
});
