import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { renderUserData, userDataLimitBytes } from "./userData.ts";

// The parser that @pulumi/pulumi brings; it has no types of its own.
const { load } = createRequire(import.meta.url)("js-yaml") as { load(text: string): Record<string, unknown> };
const template = readFileSync(new URL("../../cloud-init/user-data.yaml", import.meta.url), "utf8");
const values = { USER: "provision", AUTHORIZED_KEY: "ssh-ed25519 AAAA someone" };

test("the first boot lets one key in and no password, and makes no user that systems have already", () => {
  const text = renderUserData(template, values);
  expect(text.startsWith("#cloud-config\n")).toBe(true);
  expect(load(text)).toMatchObject({
    users: [{ name: "provision", lock_passwd: true, ssh_authorized_keys: ["ssh-ed25519 AAAA someone"] }],
    disable_root: true,
    ssh_pwauth: false,
    ssh: { emit_keys_to_console: true },
  });
});

test("user data has only keys that cloud-init knows, also below the first level: it ignores others in silence on Debian 12", () => {
  const known = ["users", "disable_root", "ssh_pwauth", "ssh_deletekeys", "ssh_genkeytypes", "ssh", "package_update", "package_upgrade"];
  const data = load(template) as { users: object[]; ssh: object };
  expect(Object.keys(data).filter((key) => !known.includes(key))).toEqual([]);
  const knownOfUser = ["name", "gecos", "shell", "lock_passwd", "sudo", "ssh_authorized_keys"];
  expect(data.users.flatMap((user) => Object.keys(user)).filter((key) => !knownOfUser.includes(key))).toEqual([]);
  expect(Object.keys(data.ssh)).toEqual(["emit_keys_to_console"]);
});

test("user data is far below what EC2 takes", () => {
  expect(Buffer.byteLength(renderUserData(template, { ...values, AUTHORIZED_KEY: "x".repeat(1000) }))).toBeLessThan(userDataLimitBytes / 2);
});

test("a template that asks for a value there is none of is refused, and so is more than EC2 takes", () => {
  expect(() => renderUserData('x: "@API_KEY@"', values)).toThrow(/placeholders among USER, AUTHORIZED_KEY; got @API_KEY@/);
  expect(() => renderUserData("#".repeat(16_385), values)).toThrow(/at most 16384 bytes.*got 16385 bytes/);
});

test("a value stays a text, whatever is in it", () => {
  expect(renderUserData('a: "@USER@"', { ...values, USER: 'x", evil: "y' })).toBe('a: "x\\", evil: \\"y"');
});
