import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

/** When the podman step grows a disk's file system, and which device it formats; the commands that touch disks are stand-ins that say what they were asked. */
const step = join(import.meta.dirname, "../../host/steps/podman");

/** Runs a function of the step with these commands in the place of the real ones. */
function run(call: string, commands: Record<string, string>): { done: string[]; code: number | null } {
  const known = { log: ":", udevadm: ":", changed: says("changed:"), resize2fs: says("resize2fs"), growpart: says("growpart"), "mkfs.ext4": says("mkfs"), die: `${says("refused:")}; exit 1`, ...commands };
  const functions = Object.entries(known).map(([name, body]) => `${name}() { ${body}; }`);
  const script = ["set -euo pipefail", "STATE=/var/lib/nanoclaw", `source ${step}/state.sh`, `source ${step}/system-disk.sh`, ...functions, call].join("\n");
  const { stderr, status } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  return { done: stderr.split("\n").filter(Boolean), code: status };
}

// The step throws away what tools print on stdout.
const says = (name: string) => `echo "${name} $*" >&2`;

const ext4 = (blocks: number) => `printf 'Block count:   ${blocks}\\nBlock size:    4096\\n'`;
const disk = { findmnt: "echo 254:0", readlink: "echo /dev/vda", lsblk: "echo disk" };
const partition = { findmnt: "echo 259:2", readlink: "echo /dev/nvme0n1p1", lsblk: '[[ $2 == TYPE ]] && echo part || echo /dev/nvme0n1' };

describe("the system disk", () => {
  test("with a partition: the partition grows, then the file system", () => {
    expect(run("grow_system_disk", { ...partition, dumpe2fs: ext4(1000), blockdev: "echo 8192000" })).toEqual({
      done: ["growpart /dev/nvme0n1 1", "changed: system disk's partition grown", "resize2fs /dev/nvme0n1p1", "changed: system disk's file system grown"],
      code: 0,
    });
  });
  test("without a partition, as our VMs have it: the file system grows", () => {
    expect(run("grow_system_disk", { ...disk, dumpe2fs: ext4(1000), blockdev: "echo 8192000" }).done).toContain("changed: system disk's file system grown");
  });
  test("as large as it can be: nothing is changed", () => {
    const full = { dumpe2fs: ext4(1000), blockdev: "echo 4096000" };
    expect(run("grow_system_disk", { ...partition, ...full, growpart: "echo NOCHANGE; return 1" })).toEqual({ done: [], code: 0 });
    expect(run("grow_system_disk", { ...disk, ...full })).toEqual({ done: [], code: 0 });
  });
  test("of another file system, or no block device at all: nothing is touched", () => {
    expect(run("grow_system_disk", { ...disk, dumpe2fs: "return 1", blockdev: "echo 4096000" })).toEqual({ done: [], code: 0 });
    expect(run("grow_system_disk", { findmnt: "echo 0:52", readlink: "echo /dev/block/0:52" })).toEqual({ done: [], code: 0 });
    expect(run("grow_system_disk", { findmnt: "echo 0:52", readlink: "return 1" })).toEqual({ done: [], code: 0 });
  });
});

describe("the state volume", () => {
  const label = (type: string, table: string, name: string) => ({ blkid: `case "$*" in *TYPE*PTTYPE*) ;; *" PTTYPE "*) echo "${table}" ;; *" TYPE "*) echo "${type}" ;; *" LABEL "*) echo "${name}" ;; esac`, lsblk: "echo vdb" });
  const device = "format_if_blank /dev/vdb";

  test("that is blank is formatted", () => {
    expect(run(device, label("", "", "")).done.join("\n")).toMatch(/mkfs -q -L nanoclaw-state .* \/dev\/vdb/);
  });
  test("that is ours is left as it is", () => {
    expect(run(device, label("ext4", "", "nanoclaw-state"))).toEqual({ done: [], code: 0 });
  });
  test.each([
    ["another file system", label("xfs", "", "photos")],
    ["a file system without a label", label("ext4", "", "")],
    ["a partition table", label("", "gpt", "")],
    ["partitions that only the kernel knows", { ...label("", "", ""), lsblk: "printf 'vdb\\nvdb1\\n'" }],
  ])("with %s is refused, and nothing is written to it", (_what, commands) => {
    const { done, code } = run(device, commands);
    expect(code).toBe(1);
    expect(done).toEqual([expect.stringMatching(/^refused: stateDevice a blank volume.* \/dev\/vdb with /)]);
  });
});
