import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

/** The shape of the repository: dependencies point one way, and files stay small. */

const root = fileURLToPath(new URL("../../", import.meta.url));
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8" })
  .split("\n")
  .filter((path) => path !== "" && !path.includes("node_modules/") && existsSync(root + path) && statSync(root + path).isFile());
const text = (path: string) => readFileSync(root + path, "utf8");

const isTest = (path: string) => path.startsWith("test/") || path.endsWith(".test.ts");
const program = files.filter((path) => path.endsWith(".ts") && !isTest(path));

/** Every module that a file imports: a path from the root, or a package's name. */
function importsOf(path: string): string[] {
  const found = text(path).matchAll(/^\s*(?:import|export)\b[^"'`;]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm);
  return [...found].map((match) => {
    const name = match[1] ?? match[2] ?? match[3] ?? "";
    return name.startsWith(".") ? normalize(`${dirname(path)}/${name}`) : name;
  });
}

/** What a file of each part may import besides its own part; packages are listed by their beginning. */
const allowed: Record<string, string[]> = {
  "contract/": ["contract/", "zod", "node:crypto"],
  "host/": ["host/", "contract/", "zod", "node:"],
  "components/": ["components/", "contract/", "toolchain/", "zod", "node:", "@pulumi/", "esbuild", "ssh2"],
  "toolchain/": ["toolchain/", "contract/", "components/", "zod", "node:", "ssh2", "@aws-sdk/client-ec2"],
};

describe("layers", () => {
  it.each(Object.keys(allowed))("a file of %s imports only what its layer may", (layer) => {
    const wrong = program
      .filter((path) => path.startsWith(layer))
      .flatMap((path) => importsOf(path).map((name) => [path, name] as const))
      .filter(([, name]) => !allowed[layer]?.some((start) => name.startsWith(start)));
    expect(wrong).toEqual([]);
  });

  it("nothing that runs for users imports a test or the tests' folder", () => {
    const wrong = program.flatMap((path) => importsOf(path).filter(isTest).map((name) => `${path} imports ${name}`));
    expect(wrong).toEqual([]);
  });

  it("no import leads in a circle", () => {
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(" → "));
      if (done.has(path) || way.includes(path)) return;
      for (const next of valueImportsOf(path)) visit(next, [...way, path]);
      done.add(path);
    };
    for (const path of program) visit(path, []);
    expect(circles).toEqual([]);
  });

  it("only components/config.ts reads pulumi.Config", () => {
    const readers = program.filter((path) => /\bnew (pulumi\.)?Config\(|runtime\.allConfig/.test(text(path)));
    expect(readers).toEqual(["components/config.ts"]);
  });

  it("what only computes imports neither Pulumi nor the file system", () => {
    const pure = /^(contract\/|components\/(config\/|configSchema|configErrors|sizing|refusal|hostFitness|hostSettings|instanceChoice|wslConfig))/;
    const wrong = program
      .filter((path) => pure.test(path))
      .flatMap((path) => importsOf(path).filter((name) => /^(@pulumi\/|node:(fs|child_process|net))/.test(name)).map((name) => `${path} imports ${name}`));
    expect(wrong).toEqual([]);
  });

  it("components touches the toolchain only where a VM is made", () => {
    const users = program.filter((path) => path.startsWith("components/") && importsOf(path).some((name) => name.startsWith("toolchain/")));
    expect(users.filter((path) => !path.startsWith("components/machine/"))).toEqual([]);
  });
});

describe("files", () => {
  it("with code have at most 250 lines", () => {
    const long = files
      .filter((path) => /\.(ts|sh)$/.test(path))
      .map((path) => ({ path, lines: text(path).split("\n").length - 1 }))
      .filter(({ lines }) => lines > 250);
    expect(long).toEqual([]);
  });

  it("are never called utils", () => {
    expect(files.filter((path) => /(^|\/)(utils?|helpers?|misc|common)(\.|\/)/i.test(path))).toEqual([]);
  });

  it("import with the extension, so that Node runs them as they are", () => {
    const wrong = program.flatMap((path) => importsOf(path).filter((name) => !name.startsWith("node:") && name.includes("/") && existsSync(`${root}${name}.ts`)).map((name) => `${path}: ${name}`));
    expect(wrong).toEqual([]);
  });
});

/** Imports that remain when types are stripped. */
function valueImportsOf(path: string): string[] {
  const withoutTypes = text(path).replaceAll(/^\s*(import|export) type\b[^;]*;/gm, "");
  return [...withoutTypes.matchAll(/\bfrom\s+"(\.[^"]+\.ts)"/g)].map((match) => normalize(`${dirname(path)}/${match[1] ?? ""}`)).filter((name) => existsSync(root + name));
}
