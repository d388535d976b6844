import { describe, expect, it } from "vitest";
import { atLeast, check, doctorText, isPrivate } from "./check.ts";
import { judgeReach } from "./hosts.ts";

describe("a check", () => {
  it("that found what was wanted has no remedy", () => {
    expect(check("node", "22 or newer", { ok: true, got: "24" }, "install it")).toEqual({ name: "node", level: "ok", wanted: "22 or newer", got: "24", remedy: "" });
  });
  it("is wrong, or a note where things work nevertheless, and then has one", () => {
    expect(check("a", "b", { ok: false, got: "c" }, "mend it")).toMatchObject({ level: "wrong", remedy: "mend it" });
    expect(check("a", "b", { ok: false, note: true, got: "c" }, "mend it")).toMatchObject({ level: "note", remedy: "mend it" });
  });
  it("is a line, with what was wanted and the remedy below when it is not ok", () => {
    const text = doctorText([check("node", "22", { ok: true, got: "24" }, ""), check("pulumi", "3.259.0 or newer", { ok: false, got: "none" }, "toolchain/setup.sh pulumi")]);
    expect(text).toEqual(["✓ node    24", "✗ pulumi  none (wanted 3.259.0 or newer)", "          → toolchain/setup.sh pulumi", "1 of 2 checks found something wrong"]);
  });
});

it("versions are compared by their numbers", () => {
  expect([atLeast("3.259.0", "3.259.0"), atLeast("v3.300.1", "3.259.0"), atLeast("22.9.0", "22.18.0"), atLeast("24.0", "22.18.0")]).toEqual([true, true, false, true]);
  expect([atLeast("", "1.0.0"), atLeast("error: none", "1.0.0")]).toEqual([false, false]);
});

it("a mode is private when nobody but the owner may do anything", () => {
  expect([0o600, 0o400, 0o700, 0o640, 0o604].map((mode) => isPrivate(0o100000 | mode))).toEqual([true, true, true, false, false]);
});

describe("what a host answers", () => {
  const answer = (user: number, time: number, free: number) => `user ${user}\ntime ${time}\nsize 20000000\nfree ${free}\n`;
  it("is ok with root, the right time and space", () => {
    expect(judgeReach(answer(0, 1000, 9_000_000), 1001).found).toEqual({ ok: true, got: "root, 8.6 GiB of 19.1 GiB free" });
  });
  it.each([
    ["no root", answer(1000, 1000, 9_000_000), "no right to use sudo", "sudoPasswords"],
    ["a wrong clock", answer(0, 1100, 9_000_000), "a clock that differs by 99 s", "timedatectl"],
    ["no space", answer(0, 1000, 900_000), "root, 879 MiB of 19.1 GiB free", "free space"],
    ["something else", "Welcome\n", "an answer that is not ours", "sudo"],
  ])("%s is wrong, with a remedy", (_, output, got, remedy) => {
    const { found, remedy: told } = judgeReach(output, 1001);
    expect(found).toEqual({ ok: false, got });
    expect(told).toContain(remedy);
  });
});
