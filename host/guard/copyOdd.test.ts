import { chmodSync, chownSync, closeSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { copyIn, copyOut } from "./copyWorkspace.ts";
import { removeTree } from "./copyPlaces.ts";

/** What an agent can leave in its copy so that bringing it back would fail. As a user without root's rights, for root reads everything. */
const bounds = { maxBytes: 2 ** 20, maxFiles: 100 };
const asRoot = process.getuid?.() === 0;
let top: string;
let group: string;
let copy: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "guard-odd-"));
  group = join(top, "group");
  copy = join(top, "copy");
  if (asRoot) {
    chownSync(top, 65534, 65534);
    process.seteuid!(65534);
  }
  mkdirSync(group);
  writeFileSync(join(group, "kept"), "kept");
});
afterEach(() => {
  if (asRoot) process.seteuid!(0);
  removeTree(top);
});

/** Makes a directory in a directory, and so on, until no path reaches the innermost. */
function deep(from: string): void {
  let here = openSync(from, constants.O_RDONLY);
  for (let i = 0; i < 30; i++) {
    const next = `/proc/self/fd/${here}/${"d".repeat(200)}`;
    mkdirSync(next);
    const inner = openSync(next, constants.O_RDONLY);
    closeSync(here);
    here = inner;
  }
  writeFileSync(`/proc/self/fd/${here}/file`, "x");
  closeSync(here);
}

test("the tests' user cannot read what has no permissions, so that these tests can fail", () => {
  writeFileSync(join(top, "closed"), "", { mode: 0 });
  expect(() => readFileSync(join(top, "closed"))).toThrow("EACCES");
});

test("files and directories without permissions come back with what they hold, and the copy is gone", () => {
  const made = copyIn(group, copy, bounds);
  writeFileSync(join(copy, "a-closed"), "closed");
  chmodSync(join(copy, "a-closed"), 0);
  for (const [name, mode] of [["b", 0], ["c", 0o444], ["d", 0o555]] as const) {
    mkdirSync(join(copy, name));
    writeFileSync(join(copy, name, "in"), name);
    chmodSync(join(copy, name), mode);
  }
  writeFileSync(join(copy, "z-last"), "last");
  chmodSync(copy, 0);
  expect(copyOut(made, group, bounds)).toEqual({ copied: 5, refused: [], kept: false });
  expect(["a-closed", "b/in", "c/in", "d/in", "z-last"].map((path) => readFileSync(join(group, path), "utf8"))).toEqual(["closed", "b", "c", "d", "last"]);
  expect(lstatSync(join(group, "a-closed")).mode & 0o777).toBe(0o644);
  expect(existsSync(copy)).toBe(false);
});

test("a name that is not UTF-8 goes in and comes back byte by byte", () => {
  const odd = (directory: string, name: string): Buffer => Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name, "latin1")]);
  writeFileSync(odd(group, "in-\xff"), "in");
  const made = copyIn(group, copy, bounds);
  expect(readFileSync(odd(copy, "in-\xff"), "utf8")).toBe("in");
  mkdirSync(odd(copy, "dir-\xfe"));
  writeFileSync(Buffer.concat([odd(copy, "dir-\xfe"), Buffer.from("/\xff", "latin1")]), "out");
  writeFileSync(join(copy, "é"), "utf8");
  expect(copyOut(made, group, bounds)).toEqual({ copied: 2, refused: [], kept: false });
  expect(readFileSync(Buffer.concat([odd(group, "dir-\xfe"), Buffer.from("/\xff", "latin1")]), "utf8")).toBe("out");
  expect(readFileSync(join(group, "é"), "utf8")).toBe("utf8");
  expect(existsSync(copy)).toBe(false);
});

test("what lies deeper than a path reaches is told, the rest comes back, and the copy is gone", () => {
  const made = copyIn(group, copy, bounds);
  deep(copy);
  writeFileSync(join(copy, "z-last"), "last");
  const { copied, refused } = copyOut(made, group, bounds);
  expect(copied).toBe(1);
  expect(refused).toEqual([expect.stringMatching(/^d+\/.*: ENAMETOOLONG$/)]);
  expect(existsSync(copy)).toBe(false);
});

test("what cannot be read in the group's folder is left out of the copy and told, and the run goes on", () => {
  writeFileSync(join(group, "closed"), "", { mode: 0 });
  mkdirSync(join(group, "shut"), { mode: 0 });
  deep(group);
  const made = copyIn(group, copy, bounds);
  expect([...made.refused].sort()).toEqual(["closed: EACCES", expect.stringMatching(/^d+\/.*: ENAMETOOLONG$/), "shut: EACCES"]);
  expect(readFileSync(join(copy, "kept"), "utf8")).toBe("kept");
  expect(lstatSync(join(group, "shut")).mode & 0o777).toBe(0);
  copyOut(made, group, bounds);
});

test("a folder of the group that may not be written is told, and the rest comes back", () => {
  mkdirSync(join(group, "fixed"));
  const made = copyIn(group, copy, bounds);
  chmodSync(join(group, "fixed"), 0o555);
  writeFileSync(join(copy, "fixed", "new"), "x");
  writeFileSync(join(copy, "z-last"), "last");
  expect(copyOut(made, group, bounds)).toMatchObject({ copied: 1, refused: ["fixed/new: EACCES"] });
  expect(readdirSync(join(group, "fixed"))).toEqual([]);
});

test("an agent that leaves more than can be told gets a bounded list", () => {
  const made = copyIn(group, copy, bounds);
  for (let i = 0; i < 200; i++) mkdirSync(join(copy, `d${i}`, "x"), { recursive: true });
  for (let i = 0; i < 200; i++) writeFileSync(join(copy, `d${i}`, "x", "f"), "f");
  const { refused } = copyOut(made, group, { ...bounds, maxFiles: 1 });
  expect(refused).toHaveLength(1);
  const again = copyIn(group, copy, bounds);
  for (let i = 0; i < 200; i++) rmSync(join(group, `d${i}`), { recursive: true, force: true });
  for (let i = 0; i < 200; i++) mkdirSync(join(group, `d${i}`), { mode: 0o555 });
  for (let i = 0; i < 200; i++) {
    mkdirSync(join(copy, `d${i}`), { recursive: true });
    writeFileSync(join(copy, `d${i}`, "g"), "g");
  }
  const bounded = copyOut(again, group, { ...bounds, maxFiles: 1000 });
  expect(bounded.refused).toHaveLength(51);
  expect(bounded.refused.at(-1)).toBe("and 150 more");
});
