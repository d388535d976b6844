import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "./grammar.ts";
import { hostWorld } from "./mountWorld.ts";
import type { Refusal } from "./refusal.ts";
import { planRun, type RunPlan } from "./run.ts";
import { isCertificates, makeRoom, snapshotName, takeSnapshot, writeSnapshot } from "./snapshot.ts";
import { policyWith } from "./testPolicy.ts";

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "guard-snapshot-"));
  mkdirSync(join(top, "root/groups/team/.claude-fragments"), { recursive: true });
  writeFileSync(join(top, "root/groups/team/container.json"), "{}");
  writeFileSync(join(top, "root/groups/team/.claude-fragments/a.md"), "a");
  symlinkSync("/app/skills/x.md", join(top, "root/groups/team/.claude-fragments/skill.md"));
  writeFileSync(join(top, "secret"), "secret");
});
afterEach(() => rmSync(top, { recursive: true }));

function plan(...mounts: string[]): RunPlan {
  const root = join(top, "root");
  const argv = ["run", ...mounts.flatMap((mount) => ["-v", mount.replace("ROOT", root)]), "nanoclaw-agent:latest"];
  return planRun(parse(argv), policyWith({}, "personal", root), { world: hostWorld, directory: join(top, "run"), stdin: () => "", cidFile: "/" });
}
const ruleOf = (make: () => unknown): string => {
  try {
    make();
    return "allow";
  } catch (error) {
    return (error as Refusal).rule;
  }
};

test("what lies in a folder that the agent writes is mounted as a copy of what it held at the check", () => {
  const { argv, snapshots } = plan("ROOT/groups/team:/workspace/agent", "ROOT/groups/team/container.json:/workspace/agent/container.json:ro", "ROOT/groups/team/.claude-fragments:/workspace/agent/.claude-fragments:ro");
  expect(snapshots.map(({ path }) => path)).toEqual([expect.stringMatching(/\/run\/snapshots\/[0-9a-f]{32}$/), expect.stringMatching(/\/run\/snapshots\/[0-9a-f]{32}$/)]);
  expect(argv).toEqual(expect.arrayContaining([`${snapshots[0]!.path}:/workspace/agent/container.json:ro`, `${snapshots[1]!.path}:/workspace/agent/.claude-fragments:ro`]));
  // Now the agent swaps them, and the copies do not change.
  rmSync(join(top, "root/groups/team/container.json"));
  symlinkSync(join(top, "secret"), join(top, "root/groups/team/container.json"));
  for (const { path, entries } of snapshots) writeSnapshot(path, entries);
  expect(readFileSync(snapshots[0]!.path, "utf8")).toBe("{}");
  expect(readdirSync(snapshots[1]!.path)).toEqual(["a.md", "skill.md"]);
  expect(readlinkSync(`${snapshots[1]!.path}/skill.md`)).toBe("/app/skills/x.md");
  expect(ruleOf(() => plan("ROOT/groups/team/container.json:/workspace/agent/container.json:ro"))).toBe("mount-symlink");
});

test("nothing is read through a link, from a pipe, or beyond a megabyte", () => {
  symlinkSync(join(top, "secret"), join(top, "link"));
  execFileSync("mkfifo", [join(top, "pipe")]);
  writeFileSync(join(top, "big"), Buffer.alloc(2 ** 20 + 1));
  mkdirSync(join(top, "many"));
  for (let i = 0; i < 257; i++) writeFileSync(join(top, "many", String(i)), "");
  expect(["link", "pipe", "big", "many"].map((name) => ruleOf(() => takeSnapshot(join(top, name))))).toEqual(["mount-symlink", "mount-source", "mount-source", "mount-source"]);
  expect(takeSnapshot(join(top, "secret"))).toEqual([{ name: "", content: Buffer.from("secret"), link: false }]);
});

test("a copy is named by its content, written once, and for reading alone", () => {
  const entries = takeSnapshot(join(top, "secret"));
  const path = join(top, "copies", snapshotName(entries));
  writeSnapshot(path, entries);
  const { ino } = lstatSync(path);
  writeSnapshot(path, entries);
  expect(lstatSync(path)).toMatchObject({ ino });
  expect(lstatSync(path).mode & 0o777).toBe(0o444);
  expect(readdirSync(join(top, "copies"))).toHaveLength(1);
  expect(snapshotName([{ ...entries[0]!, link: true }])).not.toBe(snapshotName(entries));
  const folder = takeSnapshot(join(top, "root/groups/team/.claude-fragments"));
  for (let i = 0; i < 2; i++) writeSnapshot(join(top, "copies/folder"), folder);
  expect(readdirSync(join(top, "copies")).sort()).toEqual([snapshotName(entries), "folder"].sort());
});

test("copies that no container has mounted are gone a minute later, and all together are bounded", () => {
  const copies = join(top, "copies");
  const made = (text: string, age: number): string => {
    const entries = [{ name: "", content: Buffer.from(text), link: false }];
    const path = join(copies, snapshotName(entries));
    writeSnapshot(path, entries);
    utimesSync(path, Date.now() / 1000 - age, Date.now() / 1000 - age);
    return snapshotName(entries);
  };
  const [unused, used, young, again] = [made("unused", 100), made("used", 100), made("young", 10), made("again", 100)];
  writeSnapshot(join(copies, again), []);
  const room = (bytes: number): void => makeRoom(copies, [[{ name: "", content: Buffer.alloc(bytes), link: false }]], Date.now(), (names) => new Set(names.filter((name) => name === used)));
  room(1);
  expect(readdirSync(copies).sort()).toEqual([used, young, again].sort());
  expect(unused).toBeTruthy();
  expect(() => room(2 ** 26)).toThrow(/at most 67108864 bytes of copies/);
  expect(() => makeRoom(join(top, "none"), [], Date.now(), () => new Set())).not.toThrow();
});

test("a directory of more than four megabytes is not copied", () => {
  mkdirSync(join(top, "large"));
  for (let i = 0; i < 5; i++) writeFileSync(join(top, "large", String(i)), Buffer.alloc(2 ** 20));
  expect(ruleOf(() => takeSnapshot(join(top, "large")))).toBe("mount-source");
  rmSync(join(top, "large/4"));
  expect(takeSnapshot(join(top, "large"))).toHaveLength(4);
});

test("OneCLI's certificates reach the container as a copy; anything else under such a name does not", () => {
  const pem = (text: string): string => {
    const path = `/tmp/onecli-guard-test-${process.pid}.pem`;
    writeFileSync(path, text);
    return path;
  };
  try {
    const path = pem("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    const { argv, snapshots } = plan(`${path}:/tmp/onecli-combined-ca.pem:ro`, "ROOT/groups/team:/workspace/agent");
    expect(argv).toContain(`${snapshots[0]!.path}:/tmp/onecli-combined-ca.pem:ro`);
    pem("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n");
    expect(ruleOf(() => plan(`${path}:/tmp/onecli-combined-ca.pem:ro`))).toBe("mount-source");
    rmSync(path);
    symlinkSync(join(top, "secret"), path);
    expect(ruleOf(() => plan(`${path}:/tmp/onecli-combined-ca.pem:ro`))).toBe("mount-symlink");
    expect(ruleOf(() => plan("/tmp/other.pem:/tmp/onecli-combined-ca.pem:ro"))).toBe("mount-target");
  } finally {
    rmSync(`/tmp/onecli-guard-test-${process.pid}.pem`, { force: true });
  }
  expect(isCertificates([])).toBe(false);
});
