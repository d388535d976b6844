import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "./grammar.ts";
import { hostWorld } from "./mountWorld.ts";
import type { Refusal } from "./refusal.ts";
import { planRun, type RunPlan } from "./run.ts";
import { isCertificates, snapshotName, takeSnapshot, writeSnapshot } from "./snapshot.ts";
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
