import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { generatedSizingFiles, inRepository } from "../../scripts/generate-sizing-docs.ts";
import { fillBlocks } from "../../scripts/docs/blocks.ts";

function size(...args: string[]) {
  return spawnSync(process.execPath, [inRepository("scripts/size.ts"), ...args], { encoding: "utf8", cwd: tmpdir() });
}

describe("npm run size", () => {
  test("--json prints one object with exactly the promised keys", () => {
    const { status, stdout, stderr } = size("--containers", "4", "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      containers: 4,
      memoryGiB: 18,
      cpus: 10,
      diskGiB: 43,
      instanceType: "m6a.4xlarge",
      vcpus: 16,
      instanceMemoryGiB: 64,
      usdPerHour: 0.6912,
      usdPerMonth: 504.58,
      limitedBy: "cpus",
      service: { memoryMaxGiB: 18, cpuQuotaPercent: 900 },
      warnings: [],
    });
  });

  test("every option reaches the result", () => {
    const { stdout } = size("--json", "--containers=4", "--no-browser", "--overcommit=1.5", "--arch=arm64", "--burstable");
    expect(JSON.parse(stdout)).toMatchObject({ memoryGiB: 10, cpus: 7, instanceType: "t4g.2xlarge" });
  });

  test("the table has 1 to 16, and the asked N beyond them, marked", () => {
    const rows = size("--containers", "20").stdout.split("\n").filter((line) => /^(→| ) +\d+ +\d+ GiB/.test(line));
    expect(rows.map((row) => Number(/\d+/.exec(row)![0]))).toEqual([...Array.from({ length: 16 }, (_, i) => i + 1), 20]);
    expect(rows.at(-1)).toMatch(/^→/);
  });

  test("a pinned type's table says where it no longer fits", () => {
    expect(size("--instance-type", "m6a.xlarge").stdout).toMatch(/ 2 .*none fits/);
  });

  test.each([
    [["--containers", "0", "--json"], /^error: containers: wanted .*1 to 64; got 0\. Remedy: /],
    [["--containers", "1.5"], /^error: --containers: wanted a whole number; got "1\.5"/],
    [["--containers", "0x4"], /^error: --containers: wanted a whole number; got "0x4"/],
    [["--containers", "1e1"], /^error: --containers: wanted a whole number; got "1e1"/],
    [["--overcommit", "0x2"], /^error: --overcommit: wanted a number, such as 1\.5; got "0x2"/],
    [["--instance-type", "nope.large"], /^error: instanceType: wanted a type from .*; got "nope\.large"\. Remedy: .*leave it out/],
    [["--instance-type", "m7g.xlarge"], /^error: instanceType: wanted a type of architecture x86_64; got m7g\.xlarge, which is arm64/],
    [["--containers", "65", "--json"], /the largest that fits is 64/],
    [["--containers", "9", "--instance-type", "m6a.4xlarge"], /the largest number that fits m6a\.4xlarge is 7/],
    [["--containers", "many"], /^error: --containers: wanted a whole number; got "many"/],
    [["--containers"], /^error: --containers: wanted a value/],
    [["--overcommit", "5", "--containers", "1"], /^error: cpuOvercommit: wanted a number from 1 to 4; got 5/],
    [["--arch", "sparc"], /^error: --arch: wanted x86_64 or arm64/],
    [["--json"], /^error: --containers/],
    [["--no-brwser"], /did you mean --no-browser\?/],
    [["4"], /^error: arguments: /],
  ])("%j is refused with one line and exit code 1", (args, message) => {
    const { status, stdout, stderr } = size(...args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("generated documentation", () => {
  test.each([...generatedSizingFiles()])("%s is what `node scripts/generate-sizing-docs.ts` writes", (path, wanted) => {
    expect(readFileSync(inRepository(path), "utf8")).toBe(wanted);
  });
  test("a block without a marker, and a marker without a block, are errors", () => {
    const marked = "<!-- generated: a by x -->\nold\n<!-- end -->\n";
    expect(fillBlocks(marked, { a: "new" })).toBe("<!-- generated: a by x -->\n\nnew\n<!-- end -->\n");
    expect(() => fillBlocks(marked, { a: "new", b: "lost" })).toThrow(/no marker for b/);
    expect(() => fillBlocks(marked, {})).toThrow(/no block "a"/);
  });
});

describe("the check of the instance table against moto", () => {
  const script = inRepository("scripts/check-instance-table.py");
  const check = (...args: string[]) => spawnSync("python3", [script, ...args], { encoding: "utf8" });

  test("our table says what moto says, and a wrong row is found", ({ skip }) => {
    const ours = check();
    // Only where the package index cannot be reached, or there is no Python; all else is exit code 1.
    if (ours.error || ours.status === 3) {
      const why = `THE INSTANCE TABLE WAS NOT COMPARED: ${ours.error?.message ?? ours.stderr}`;
      process.stderr.write(`${why}\n`);
      skip(why);
    }
    expect(ours.stderr).toBe("");
    expect(ours.stdout).toMatch(/compared .*: 0 differences/);

    const folder = mkdtempSync(join(tmpdir(), "instance-table-"));
    try {
      const wrong = join(folder, "wrong.csv");
      const csv = readFileSync(inRepository("components/data/ec2-instances.csv"), "utf8");
      writeFileSync(wrong, csv.replace("m7i.large,2,8,x86_64", "m7i.large,2,16,arm64"));
      const found = check(wrong);
      expect(found.status).toBe(1);
      expect(found.stderr).toMatch(/m7i\.large\.memory_gib: wanted 8; got 16/);
      expect(found.stderr).toMatch(/m7i\.large\.arch: /);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  // Without the cache, against an index on loopback.
  async function codeWithIndex(url: string): Promise<number | null> {
    const cache = mkdtempSync(join(tmpdir(), "instance-table-"));
    const env = { PATH: process.env["PATH"], HOME: cache, XDG_CACHE_HOME: cache, PIP_CONFIG_FILE: "/dev/null", PIP_INDEX_URL: url, NO_PROXY: "127.0.0.1" };
    const ran = spawn("python3", [script], { env, stdio: "ignore" });
    const [code] = (await once(ran, "exit")) as [number | null];
    rmSync(cache, { recursive: true });
    return code;
  }

  const hasPip = spawnSync("python3", ["-m", "pip", "--version"]).status === 0;
  test.skipIf(!hasPip)("is left out only when the package index cannot be reached: one without the package fails it", async () => {
    const empty = createServer((_, response) => response.writeHead(404).end()).listen(0, "127.0.0.1");
    try {
      await once(empty, "listening");
      expect(await codeWithIndex(`http://127.0.0.1:${(empty.address() as AddressInfo).port}/simple`)).toBe(1);
    } finally {
      empty.close();
    }
    expect(await codeWithIndex("http://127.0.0.1:9/simple")).toBe(3);
  });
});
