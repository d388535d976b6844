import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nanoclawContract } from "../../contract/nanoclaw.ts";
import { attemptDirectory, runPairing } from "./pairing.ts";

/** The fixture's program, which behaves as NanoClaw's does. */
const program = resolve(import.meta.dirname, "../../test/fixtures/nanoclaw/src/whatsapp-auth.ts");
const { pairingProgram } = nanoclawContract("1.1.6");
const code = pairingProgram!.withCode.map((word) => word.replace("{phone}", "14155551234"));
const pairedWhenExists = "store/auth/creds.json";
let root: string;
const inAttempt = (path: string) => join(root, attemptDirectory, path);

const pair = (args: string[] = []) => runPairing({ root, command: [process.execPath, program, ...args], pairedWhenExists });
async function once(path: string): Promise<void> {
  while (!existsSync(path)) await new Promise((later) => setTimeout(later, 20));
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nanoclaw-pair-"));
  mkdirSync(join(root, "store"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("pairing", () => {
  it("puts the credentials into their place in one go, when the phone has agreed and not before", async () => {
    const ended = pair(code);
    await once(inAttempt(pairedWhenExists));
    expect(JSON.parse(readFileSync(inAttempt(pairedWhenExists), "utf8"))).toMatchObject({ registered: false });
    expect(existsSync(join(root, pairedWhenExists))).toBe(false);
    writeFileSync(inAttempt("store/scanned"), "");
    expect(await ended).toBe(0);
    expect(JSON.parse(readFileSync(join(root, pairedWhenExists), "utf8"))).toEqual({ registered: true, me: { id: "14155551234" } });
    expect(existsSync(join(root, attemptDirectory))).toBe(false);
  });
  it("that the phone refuses leaves nothing behind, and works the next time", async () => {
    const refused = pair();
    await once(inAttempt("store/auth"));
    writeFileSync(inAttempt("store/refused"), "");
    expect(await refused).toBe(1);
    expect(readdirSync(join(root, "store"))).toEqual([]);
    const again = pair();
    await once(inAttempt("store/auth"));
    writeFileSync(inAttempt("store/scanned"), "");
    expect(await again).toBe(0);
    expect(existsSync(join(root, pairedWhenExists))).toBe(true);
  });
  it("clears what an attempt that was killed has left", async () => {
    mkdirSync(inAttempt("store/auth"), { recursive: true });
    writeFileSync(inAttempt(pairedWhenExists), JSON.stringify({ registered: true }));
    const ended = pair();
    await once(inAttempt("store/auth"));
    expect(existsSync(inAttempt(pairedWhenExists))).toBe(false);
    writeFileSync(inAttempt("store/scanned"), "");
    expect(await ended).toBe(0);
  });
  it("by a program that cannot be started is an error", async () => {
    await expect(runPairing({ root, command: ["/nowhere/node"], pairedWhenExists })).rejects.toThrow(/ENOENT/);
  });
  it("by a program that succeeds without credentials has failed", async () => {
    expect(await runPairing({ root, command: ["/bin/true"], pairedWhenExists })).toBe(1);
  });
});
