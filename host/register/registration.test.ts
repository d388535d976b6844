import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { nanoclawContract } from "../../contract/nanoclaw.ts";
import { ownChat, registrationCommand } from "./registration.ts";

const contract = nanoclawContract("1.1.6");
let release: string;
const command = (jid: string | undefined, at = release) => registrationCommand({ contract, release: at, jid, assistantName: "Mia" });

beforeEach(() => {
  release = mkdtempSync(join(tmpdir(), "nanoclaw-register-"));
  for (const file of contract.registration!.program) {
    mkdirSync(dirname(join(release, file)), { recursive: true });
    writeFileSync(join(release, file), "");
  }
});
afterEach(() => rmSync(release, { recursive: true, force: true }));

it("a chat becomes the main group by NanoClaw's own step, and answers without being called by name", () => {
  expect(command("14155551234@s.whatsapp.net")).toEqual([
    join(release, "node_modules/tsx/dist/cli.mjs"), join(release, "setup/index.ts"), "--step", "register", "--",
    "--jid", "14155551234@s.whatsapp.net", "--name", "main", "--trigger", "@Mia", "--folder", "main", "--no-trigger-required",
  ]);
});

it("without a chat, the groups are listed by NanoClaw's own step", () => {
  expect(command(undefined).slice(2)).toEqual(["--step", "groups", "--", "--list"]);
});

it.each(["120363041234567890@g.us", "14155551234-1600000000@g.us"])("a group's address is taken: %s", (jid) => {
  expect(command(jid)).toContain(jid);
});

it.each(["", "Family", "+14155551234", "14155551234", "14155551234@g.us; reboot", "--folder", "x@s.whatsapp.net", "14155551234@s.whatsapp.net\n"])("what is no chat's address is refused: %j", (jid) => {
  expect(() => command(jid)).toThrow(/^JID: wanted a chat's address.*Remedy: `make register` without JID/);
});

it("a NanoClaw without that step says so, such as the fixture", () => {
  expect(() => command("14155551234@s.whatsapp.net", resolve(import.meta.dirname, "../../test/fixtures/nanoclaw"))).toThrow(/got one that has no setup step register/);
  expect(() => registrationCommand({ contract: { ...contract, registration: null }, release, jid: undefined, assistantName: "Mia" })).toThrow(/no setup step register/);
});

it("the phone's own chat is known from its credentials, or is not named", () => {
  expect(ownChat('{"me":{"id":"14155551234:7@s.whatsapp.net"}}')).toBe("14155551234@s.whatsapp.net");
  expect([ownChat("{}"), ownChat('{"me":{"id":"fixture"}}')]).toEqual([undefined, undefined]);
});
