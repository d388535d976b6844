import { expect, test } from "vitest";

import { mirrorsAmong, sourcesOf } from "./aptMirror.ts";

test("the operator's own mirrors are used when its apt has Debian", () => {
  const mirrors = mirrorsAmong(["https://example.net/node", "http://mirror.example/debian/", "http://mirror.example/debian-security/"]);
  expect(mirrors).toEqual({ main: "http://mirror.example/debian", security: "http://mirror.example/debian-security" });
});

test("an operator with Ubuntu or without apt gets Debian's own archive", () => {
  expect(mirrorsAmong(["http://archive.ubuntu.com/ubuntu/"]).main).toBe("http://deb.debian.org/debian");
  expect(mirrorsAmong([""]).security).toBe("http://deb.debian.org/debian-security");
});

test("a disk's sources have updates and security", () => {
  expect(sourcesOf({ main: "M", security: "S" }, "trixie")).toEqual(["deb M trixie main", "deb M trixie-updates main", "deb S trixie-security main"]);
});
