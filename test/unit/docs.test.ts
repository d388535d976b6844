import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { anchorsOf, checksOf, commandsOf, documents, fencedLines, linksOf, pathsOf, root, textOf } from "../docs/documents.ts";
import { ReadmeCheckout, readmeLines } from "../docs/readmeCheckout.ts";
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

/** Whether the test of a way runs the command: has all its words, or types the section of README that has it. */
function runs(way: Extract<Way, { test: unknown }>, command: string): boolean {
  const { file, title } = way.test;
  const body = existsSync(join(root, file)) ? textOf(file).split(/\n(?= *test\()/).filter((each) => title === "" || each.includes(title)).join("\n") : "";
  if (way.section !== undefined) return body.includes(`readmeLines("${way.section}")`) && readmeLines(way.section).includes(command);
  return body !== "" && command.split(/[\s"']+/).every((word) => body.includes(word));
}

describe("commands in the documents", () => {
  test("are all in the list of ways, which has no other", () => {
    expect(operatorCommands.length).toBeGreaterThan(40);
    expect(operatorCommands.sort()).toEqual(Object.keys(ways).sort());
  });

  test("are run by tests that exist and have the command's words, where the list says so", () => {
    expect(Object.entries(ways).flatMap(([command, way]) => ("test" in way && !runs(way, command) ? [command] : []))).toEqual([]);
    expect(runs({ test: { file: "test/e2e/dev.test.ts", title: "README's commands answer" } }, "make status STACK=prod")).toBe(false);
    expect(runs({ test: { file: "test/e2e/dev.test.ts", title: "no such title" } }, "make up")).toBe(false);
    expect(runs({ test: { file: "test/unit/docs.test.ts", title: "the lines of README's cloud pilot" }, section: "### On EC2" }, "cp stacks/ssh.example.yaml stacks/Pulumi.prod.yaml")).toBe(false);
  });

  test("of make, within a sentence too, have a way by their target, and set only variables that something reads", () => {
    const inline = documents.flatMap((path) => [...textOf(path).matchAll(/`make ([a-z-]+)((?: [A-Z]+=[^`]*)?)`/g)].map(([, target = "", rest = ""]) => ({ target, names: [...rest.matchAll(/(?<=^| )([A-Z]+)=/g)].map(([, name]) => name!) })));
    expect(inline.length).toBeGreaterThan(60);
    const targets = Object.entries(ways).flatMap(([command, way]) => ("notRun" in way ? [] : (/^make ([a-z-]+)/.exec(command)?.[1] ?? [])));
    const maintenance = ["check", "test", "test-all", "bench", "docs"]; // for work on this project; `make pair` and `register` refuse in dev.test, where nothing pairs
    expect([...new Set(inline.map(({ target }) => target))].filter((target) => ![...targets, ...maintenance, "pair", "register", "down"].includes(target))).toEqual([]);
    const readers = ["Makefile", "scripts/on-host.ts", "scripts/onHost/sessions.ts", "scripts/onHost/bench.ts", "toolchain/up/down.sh", "toolchain/up/devStack.ts"].map(textOf).join("");
    expect([...new Set(inline.flatMap(({ names }) => names))].filter((name) => !readers.includes(name))).toEqual([]);
  });

  test("of make help are all in docs/COMMANDS.md", () => {
    const listed = execFileSync("make", ["--no-print-directory", "help"], { cwd: root, encoding: "utf8" }).split("\n").flatMap((line) => /^[a-z-]+/.exec(line)?.[0] ?? []);
    const explained = [...textOf("docs/COMMANDS.md").matchAll(/^## (.*)$/gm)].flatMap(([, heading]) => [...heading!.matchAll(/make ([a-z-]+)/g)].map(([, name]) => name!));
    expect(listed.length).toBeGreaterThan(10);
    expect([...explained, "help"].sort()).toEqual(listed.sort());
  });

  const run = Object.entries(ways).flatMap(([command, way]: [string, Way]) => ("here" in way ? [[command, way.here] as const] : []));
  test.each(run)("%s", (command, status) => {
    const ran = spawnSync("bash", ["-c", command], { cwd: root, encoding: "utf8", input: "" });
    expect(ran.status, ran.stdout + ran.stderr).toBe(status);
    expect(ran.stdout).not.toBe("");
  });
});

describe("README's lines, typed by a new reader who has no pulumi on PATH,", () => {
  let checkout: ReadmeCheckout;
  afterEach(() => checkout.remove());
  const type = (line: string, input = ""): string => {
    const { status, output } = checkout.type(line, input);
    expect(status, `${line}\n${output}`).toBe(0);
    return output;
  };

  test("the bare-metal lines of README lead to a preview that plans the whole host", () => {
    const lines = readmeLines("### On bare metal").filter((line) => !line.startsWith("npm run -s host-key"));
    expect(lines).toEqual(["toolchain/setup.sh && . .state/env.sh", "cp stacks/ssh.example.yaml stacks/Pulumi.prod.yaml", "pulumi stack init prod && pulumi config set --secret anthropicApiKey", "pulumi up", "make status STACK=prod", 'make chat STACK=prod MESSAGE="hello"']);
    checkout = new ReadmeCheckout();
    mkdirSync(join(checkout.directory, "home/.ssh"), { recursive: true });
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(checkout.directory, "home/.ssh/id_ed25519")]);
    const [setup, copy, secret] = lines as [string, string, string];
    expect(checkout.type(secret).status).toBe(127);
    type(setup);
    type(copy);
    // What the reader edits: here, a port where nobody listens, so that the preview need not wait.
    checkout.edit("stacks/Pulumi.prod.yaml", /address: \S+/, "address: 127.0.0.1\n        port: 1");
    type(secret, "sk-readme");
    expect(checkout.read("stacks/Pulumi.prod.yaml")).not.toContain("sk-readme");
    type("pulumi config set --secret --path sudoPasswords.office", "a password");
    expect(type("pulumi preview")).toMatch(/office-preflight[\s\S]*office-smoke/);
    for (const look of ["pulumi config", "pulumi stack ls", "pulumi stack", "pulumi stack export"]) type(look);
    type("pulumi config rm anthropicApiKey");
    type("pulumi config set --secret claudeCodeOauthToken", "sk-token");
    type("pulumi preview");
  });

  test("the lines of README's cloud pilot lead to a preview of its machine", () => {
    const lines = readmeLines("### On EC2");
    expect(lines.slice(-2)).toEqual(["pulumi up", "make status STACK=pilot"]);
    const account = mkdtempSync(join(tmpdir(), "nanoclaw-aws-"));
    checkout = new ReadmeCheckout([join(root, "test/standins/pulumi-resource-aws")], { AWS_STANDIN_DIR: account, AWS_ACCESS_KEY_ID: "AKIASTANDIN", AWS_SECRET_ACCESS_KEY: "standin", AWS_PROFILE: "" });
    for (const line of lines.slice(0, -2)) type(line, "sk-readme");
    // `pulumi up` asks after this, and makes it: test/long/ec2.test.ts.
    expect(type("pulumi preview")).toMatch(/pilot-machine-instance[\s\S]*pilot-smoke/);
    rmSync(account, { recursive: true, force: true });
  });
});
