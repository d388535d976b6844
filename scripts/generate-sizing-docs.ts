import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { instanceTable } from "../components/instanceTable.ts";
import { fillBlocks } from "./docs/blocks.ts";
import { costChart, generatedBlocks, wslConfigExample } from "./sizing/docs.ts";

/** Path in the repository → what it should hold. The documents' hand-written text is kept. */
export function generatedSizingFiles(): Map<string, string> {
  const table = instanceTable();
  return new Map([
    ["docs/PARALLEL.md", fillBlocks(readFileSync(inRepository("docs/PARALLEL.md"), "utf8"), generatedBlocks(table))],
    ["docs/cost-by-containers.svg", costChart(table)],
    ["examples/wslconfig.example", wslConfigExample()],
  ]);
}

/** Absolute path of a file of this repository. */
export function inRepository(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, content] of generatedSizingFiles()) writeFileSync(inRepository(path), content);
}
