import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { architectureBlocks } from "./docs/architectureBlocks.ts";
import { fillBlocks } from "./docs/blocks.ts";
import { configurationPage } from "./docs/configurationPage.ts";
import { envExample } from "./docs/envExample.ts";
import { troubleshootingBlocks } from "./docs/errors/catalogue.ts";
import { readmeBlocks } from "./docs/readmeBlocks.ts";
import { stackJsonSchema } from "./docs/stackJsonSchema.ts";

/**
 * `npm run docs`: writes the files, or the marked parts of files, that are made from the code.
 * With `--check` it writes nothing and exits 1 when one of them is out of date.
 */

/** Path from the repository's root, and content. */
export const generatedFiles: Record<string, () => string> = {
  "docs/CONFIGURATION.md": configurationPage,
  "README.md": () => filled("README.md", readmeBlocks()),
  "docs/ARCHITECTURE.md": () => filled("docs/ARCHITECTURE.md", architectureBlocks()),
  "docs/TROUBLESHOOTING.md": () => filled("docs/TROUBLESHOOTING.md", troubleshootingBlocks()),
  "examples/env.example": envExample,
  "stacks/schema.json": stackJsonSchema,
};

/** The generated files that differ from what is on disk. */
export function outdatedFiles(): string[] {
  return Object.entries(generatedFiles).flatMap(([path, content]) => {
    const file = absolute(path);
    return existsSync(file) && readFileSync(file, "utf8") === content() ? [] : [path];
  });
}

/** A document as it is, with its generated parts anew. */
function filled(path: string, blocks: Record<string, string>): string {
  return fillBlocks(readFileSync(absolute(path), "utf8"), blocks);
}

function absolute(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

function main(check: boolean): void {
  const outdated = outdatedFiles();
  if (!check) for (const path of outdated) writeFileSync(absolute(path), generatedFiles[path]?.() ?? "");
  for (const path of outdated) console.log(`${path}: ${check ? "out of date; run `npm run docs`" : "written"}`);
  if (outdated.length === 0) console.log("docs: unchanged");
  if (check && outdated.length > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.includes("--check"));
