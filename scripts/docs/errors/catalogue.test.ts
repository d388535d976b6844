import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../../components/config/parseConfig.ts";
import { RULES } from "../../../host/guard/refusal.ts";
import { areas } from "./areas.ts";
import { areaOf, shownField } from "./catalogue.ts";
import { ALTERNATIVE } from "./literalText.ts";
import { raised, type RaiseSite } from "./raiseSites.ts";
import { unsaid } from "./unsaid.ts";

const root = join(import.meta.dirname, "../../..");
const page = readFileSync(join(root, "docs/TROUBLESHOOTING.md"), "utf8").replaceAll("&lt;", "<");
const { sites, proofs } = raised();
const ours = sites.filter(({ rule }) => rule === undefined);

/** The rows of the tables below a heading, as cells. */
function rowsBelow(heading: string): string[][] {
  const text = page.split(`\n### ${heading}\n`)[1]?.split("\n### ")[0] ?? "";
  const lines = text.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
  return lines.slice(1).map((line) => line.slice(2, -2).split(/(?<!\\) \| /).map((cell) => cell.replaceAll("\\|", "|")));
}

/** A pattern for what a message says where the source has placeholders. */
function pattern(text: string): string {
  return text.split(/<\w[\w.]*>|…/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(/\s+/g, "\\s+")).join("[\\s\\S]*");
}

function rowsFor(site: RaiseSite): string[][] {
  const says = site.wanted.split(ALTERNATIVE).filter((one) => /[a-z]{2}/i.test(one.replaceAll(/<\w+>/g, "")));
  return rowsBelow(areaOf(site).title).filter(([field = "", wanted = ""]) => field === `\`${shownField(site)}\`` && (says.length === 0 || says.every((one) => new RegExp(pattern(one)).test(wanted))));
}

describe("the error catalogue in docs/TROUBLESHOOTING.md", () => {
  it("has a row, with a check and a cure, for every place in the sources that raises an error", () => {
    const missing = ours.filter((site) => !rowsFor(site).some((row) => row.filter((cell) => cell !== "").length === 5));
    expect(missing.map(({ file, field, wanted }) => `${file}: ${field}: wanted ${wanted} (npm run docs)`)).toEqual([]);
  });

  it("has a cure of its own in every row, and no cause of an error that is not raised", () => {
    const rows = areas.flatMap((area) => rowsBelow(area.title));
    expect(rows.filter((row) => row.at(-1) === "as the message says")).toEqual([]);
    expect(Object.keys(unsaid).filter((key) => !ours.some(({ file, field }) => key === `${file}: ${field}`))).toEqual([]);
    expect(unsaid["host/steps/podman/assert.sh: podman <field>"]).toHaveLength(7);
  });

  it("has no row for an error that nothing raises", () => {
    const stale = areas.flatMap((area) => rowsBelow(area.title).filter((row) => !ours.some((site) => areaOf(site) === area && rowsFor(site).some((own) => own.join() === row.join()))).map((row) => `${area.title}: ${row[0]} (npm run docs)`));
    expect(stale).toEqual([]);
  });

  it("has every rule of the guard and every proof, and no other", () => {
    const names = (heading: string): string[] => rowsBelow(heading).map(([name = ""]) => name.replaceAll("`", ""));
    expect(names("The guard's rules").sort()).toEqual(Object.keys(RULES).sort());
    expect(names("Proofs that fail").sort()).toEqual(proofs.map(({ name }) => name).sort());
    expect(proofs.length).toBeGreaterThan(10);
  });

  it("misses no `die` that a plain search finds, and no refusal of the guard", () => {
    const files = (directory: string): string[] => (readdirSync(join(root, directory), { recursive: true }) as string[]).map((name) => `${directory}/${name}`);
    const shell = ["host", "toolchain"].flatMap(files).filter((name) => name.endsWith(".sh"));
    const counted = shell.map((file) => [file, readFileSync(join(root, file), "utf8").split("\n").filter((line) => /(^|[\s(|&;])die "/.test(line) && !/^\s*#/.test(line)).length] as const).filter(([, count]) => count > 0);
    expect(counted.length).toBeGreaterThan(15);
    for (const [file, count] of counted) expect([file, ours.filter((site) => site.file === file && !(file.endsWith("step.sh") && site.field === "step …")).length]).toEqual([file, count]);
    const guard = files("host/guard").filter((name) => /(?<!\.test|testPolicy)\.ts$/.test(name));
    const refusals = guard.map((file) => readFileSync(join(root, file), "utf8").match(/new Refusal\(/g)?.length ?? 0).reduce((sum, count) => sum + count, 0);
    expect(sites.filter(({ rule }) => rule !== undefined)).toHaveLength(refusals);
  });

  it("names no check for a field that no error has", () => {
    const stale = areas.flatMap((area) => Object.keys(area.checks ?? {}).filter((field) => !ours.some((site) => areaOf(site) === area && shownField(site) === field)).map((field) => `${area.title}: ${field}`));
    expect(stale).toEqual([]);
  });
});

describe("an error as it is really printed has its row", () => {
  const told = (field: string, wanted: string, title: string): boolean =>
    rowsBelow(title).some(([shown = "", says = ""]) => (shown.includes("any ") || new RegExp(`^${pattern(shown.replaceAll("`", "").replace(/^.* or /, "<x>"))}$`).test(field)) && (says === "as the message says" || says.split(" or ").some((one) => new RegExp(pattern(one)).test(wanted))));

  it("when a configuration is wrong in many ways", () => {
    const files = { exists: () => false, read: () => undefined, absolute: (path: string) => path, agentFault: () => undefined };
    const parsed = parseConfig(
      {
        trustedCaCertificates: "missing.pem",
        anthropic: { baseUrl: "http://gateway.example" },
        nonsense: 1,
        hosts: {
          Office: { machine: { kind: "vm", sshPort: 2300 }, containers: 0, environment: { PATH: "/tmp" } },
          twin: { machine: { kind: "vm", sshPort: 2300, cpus: 1 }, containers: 8, nanoclaw: { archive: "a", commit: "b".repeat(40) } },
          far: { machine: { kind: "ssh", address: "203.0.113.7", user: "ubuntu", privateKeyFile: "key" }, containers: 1 },
        },
      },
      files,
    );
    const errors = parsed.ok ? [] : parsed.errors;
    expect(errors.length).toBeGreaterThan(8);
    expect(errors.filter(({ field, wanted }) => !told(field, wanted, "The configuration"))).toEqual([]);
  });

  it.each([
    ["node scripts/size.ts --containers 0", "The commands on this computer"],
    ["node scripts/size.ts --architecture vax", "The commands on this computer"],
    ["node scripts/host-key.ts nonsense/", "The commands on this computer"],
    ["node scripts/on-host.ts nonsense", "The commands on this computer"],
    ["toolchain/setup.sh nonsense", "The operator's tools"],
    ["bash host/lib/run-step.sh nonsense", "Any step on the host"],
    ["node toolchain/vm/cli.ts ssh /nonexistent", "A local VM"],
  ])("by %s", (command, title) => {
    const { stderr, stdout } = spawnSync("bash", ["-c", command], { cwd: root, encoding: "utf8", env: { ...process.env, STACK: "no-such-stack", NANOCLAW_LIB: join(root, "host/lib") } });
    const [, field = "", wanted = ""] = /^error: (.+?): wanted (.+?)[;,] got/m.exec(stderr + stdout) ?? [];
    expect(field, stderr + stdout).not.toBe("");
    expect(told(field, wanted, title), `${field}: wanted ${wanted}`).toBe(true);
  });
});
