import { expect, it } from "vitest";
import { keyOf, target } from "./host-key.ts";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

it("takes the ed25519 key out of what ssh-keyscan prints", () => {
  expect(keyOf(`# 203.0.113.7:22 SSH-2.0-OpenSSH_9.6\n203.0.113.7 ${key}\n`)).toBe(key);
  expect(keyOf(`[203.0.113.7]:2222 ${key}\n`)).toBe(key);
});

it("takes nothing that only looks like a key", () => {
  expect(keyOf("")).toBeUndefined();
  expect(keyOf("203.0.113.7 ssh-ed25519 AAAA\n")).toBeUndefined();
});

it("reads address and port, and refuses what would be an option or another command line", () => {
  expect(target(["203.0.113.7"])).toEqual({ address: "203.0.113.7", port: 22 });
  expect(target(["fe80::1", "2222"])).toEqual({ address: "fe80::1", port: 2222 });
  for (const args of [[], ["-oProxyCommand=x"], ["a b"], ["user@host"], ["host", "0"], ["host", "65536"], ["host", "1x"], ["a", "1", "2"]]) {
    expect(() => target(args)).toThrow(/wanted .*; got .*\. Remedy: /);
  }
});
