import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { anchorsOf, checksOf, commandsOf, documents, fencedLines, linksOf, pathsOf, root, textOf } from "../docs/documents.ts";
import { ways, type Way } from "../docs/ways.ts";

/** What the documents say is there, is there; and what they tell readers to type is run somewhere. */

const operatorCommands = [...new Set(documents.flatMap((path) => [...commandsOf(textOf(path)), ...checksOf(textOf(path)).filter(({ at }) => at === "operator").map(({ command }) => command)]))];

describe.each(documents)("%s", (document) => {
  const text = textOf(document);

  test("links to files and headings that exist", () => {
    const broken = linksOf(text).filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? document : normalize(join(dirname(document), path));
      return !existsSync(join(root, target)) || (anchor !== undefined && !anchorsOf(textOf(target)).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  test("names only paths that exist", () => {
    // A stack's own file is the reader's to make.
    expect(pathsOf(text).filter((path) => !existsSync(join(root, path)) && !/^stacks\/Pulumi\.\w+\.yaml$/.test(path))).toEqual([]);
  });

  test("names only make targets and package scripts that exist", () => {
    const targets = [...readFileSync(join(root, "Makefile"), "utf8").matchAll(/^([a-z-]+):/gm)].map(([, name]) => name);
    const scripts = Object.keys((JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> }).scripts);
    const code = [...text.matchAll(/`([^`\n]+)`/g)].map(([, words]) => words!).concat(fencedLines(text, ["sh", "console", ""]));
    const named = (pattern: RegExp): string[] => code.flatMap((words) => [...words.matchAll(pattern)].map(([, name]) => name!));
    expect(named(/(?:^|[;&|] *|^ *)make ([a-z][a-z-]*)/g).filter((name) => !targets.includes(name))).toEqual([]);
    expect(named(/npm run (?:-s )?([a-z][\w-]*)/g).filter((name) => !scripts.includes(name) && name !== "auth" && name !== "build")).toEqual([]);
  });
});

test("README's project structure names every directory of the repository, and no other", () => {
  const named = fencedLines(textOf("README.md").split("## Project structure")[1] ?? "", [""]).flatMap((line) => /^(\S+)\//.exec(line)?.[1] ?? []);
  const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" }).split("\n").flatMap((path) => /^([^./][^/]*)\//.exec(path)?.[1] ?? []);
  expect(named.sort()).toEqual([...new Set(tracked)].sort());
});

test("every test that ROADMAP-NANOCLAW names exists, and every row that is met names one", () => {
  const rows = textOf("docs/ROADMAP-NANOCLAW.md").split("\n").filter((line) => /^\| .*\| (met|partly|not met) \|/.test(line));
  expect(rows).toHaveLength(12 + 6);
  const missing = rows.flatMap((row) => {
    const cell = row.slice(2, -2).split(" | ").at(-1)!.trim();
    const named = [...cell.matchAll(/`([\w/.-]+\.test\.ts)`: (.+?)(?=; `|$)/g)];
    if (named.length === 0) return row.includes("| not met |") ? [] : [row];
    return named.filter(([, file = "", title = ""]) => !existsSync(join(root, file)) || !readFileSync(join(root, file), "utf8").includes(title)).map(([all]) => all);
  });
  expect(missing).toEqual([]);
});

describe("commands in the documents", () => {
  test("are all in the list of ways, which has no other", () => {
    expect(operatorCommands.length).toBeGreaterThan(40);
    expect(operatorCommands.sort()).toEqual(Object.keys(ways).sort());
  });

  test("are run by tests that exist, where the list says so", () => {
    const named = Object.values(ways).flatMap((way) => ("test" in way ? [way.test] : []));
    expect(named.filter(({ file, title }) => !existsSync(join(root, file)) || !readFileSync(join(root, file), "utf8").includes(title))).toEqual([]);
  });

  const run = Object.entries(ways).flatMap(([command, way]: [string, Way]) => ("here" in way ? [[command, way.here] as const] : []));
  test.each(run)("%s", (command, status) => {
    const ran = spawnSync("bash", ["-c", command], { cwd: root, encoding: "utf8", input: "" });
    expect(ran.status, ran.stdout + ran.stderr).toBe(status);
    expect(ran.stdout).not.toBe("");
  });
});

test("the bare-metal lines of README lead to a preview that plans the whole host", { timeout: 300_000 }, () => {
  const block = textOf("README.md").split("### On bare metal")[1]!.split("\n### ")[0]!;
  const lines = commandsOf(block).filter((line) => /^(cp|pulumi) /.test(line) && line !== "pulumi up");
  expect(lines).toEqual(["cp stacks/ssh.example.yaml stacks/Pulumi.prod.yaml", "pulumi stack init prod", "pulumi config set --secret anthropicApiKey", "pulumi preview"]);
  const checkout = mkdtempSync(join(tmpdir(), "nanoclaw-readme-"));
  try {
    for (const name of readdirSync(root).filter((each) => !/^(\.git|\.state|dist|node_modules)$/.test(each))) {
      cpSync(join(root, name), join(checkout, name), { recursive: true, filter: (path) => !/node_modules|Pulumi\.\w+\.yaml$/.test(path.slice(root.length)) });
    }
    symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"));
    mkdirSync(join(checkout, "home/.ssh"), { recursive: true });
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(checkout, "home/.ssh/id_ed25519")]);
    const env = { ...process.env, HOME: join(checkout, "home"), PULUMI_BACKEND_URL: `file://${checkout}/home`, PULUMI_CONFIG_PASSPHRASE: "readme", PULUMI_CONFIG_PASSPHRASE_FILE: "" };
    const type = (line: string, input = ""): string => {
      const ran = spawnSync("bash", ["-c", line], { cwd: checkout, env, encoding: "utf8", input });
      expect(ran.status, `${line}\n${ran.stdout}${ran.stderr}`).toBe(0);
      return ran.stdout;
    };
    const [copy, init, secret, preview] = lines as [string, string, string, string];
    type(copy);
    // What the reader edits: here, a port where nobody listens, so that the preview need not wait.
    const file = join(checkout, "stacks/Pulumi.prod.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replace(/address: \S+/, "address: 127.0.0.1\n        port: 1"));
    type(init);
    type(secret, "sk-readme");
    expect(readFileSync(file, "utf8")).not.toContain("sk-readme");
    expect(type(preview)).toMatch(/office-preflight[\s\S]*office-smoke/);
    for (const look of ["pulumi config", "pulumi stack ls", "pulumi stack", "pulumi stack export"]) type(look);
  } finally {
    rmSync(checkout, { recursive: true, force: true });
  }
});
