import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { shellConstants, shellRaiseSites } from "./shellSites.ts";
import { typescriptRaiseSites } from "./typescriptSites.ts";

/** Where the code raises errors that a user may see, found in the sources themselves. */

/** One place that raises an error of four parts. Values that are known only then stand as `<name>`, or as `…`. */
export interface RaiseSite {
  /** Path in the repository. */
  readonly file: string;
  /** The field, as the message begins. */
  readonly field: string;
  readonly wanted: string;
  /** What was given; `…` when only the message can say. */
  readonly given: string;
  readonly remedy: string;
  /** The guard's rule, for its refusals. */
  readonly rule?: string;
}

/** A proof of the smoke test that may fail. */
export interface Proof {
  readonly file: string;
  readonly name: string;
  readonly asserts: string;
  readonly remedy: string;
}

/** What a file raises, and what it throws without four parts: faults of the program, or another program's failure. */
export interface Raised {
  readonly sites: readonly RaiseSite[];
  readonly proofs: readonly Proof[];
  readonly others: readonly { readonly file: string; readonly text: string }[];
}

const root = join(import.meta.dirname, "../../..");
const parts = ["components", "contract", "host", "scripts", "toolchain"];

/** Everything that the code raises, in the order of the files' names. */
export function raised(): Raised {
  const files = parts.flatMap((part) => (readdirSync(join(root, part), { recursive: true }) as string[]).map((name) => `${part}/${name}`)).filter((name) => !name.includes("node_modules")).sort();
  const constants = new Map(files.filter((file) => /^host\/lib\/.*\.sh$/.test(file)).flatMap((file) => [...shellConstants(readFileSync(join(root, file), "utf8"))]));
  const all = files.map((file): Raised => {
    const text = (): string => readFileSync(join(root, file), "utf8");
    if (/(?<!\.test|\/test[A-Z]\w*)\.ts$/.test(file) && !file.startsWith("scripts/docs/")) return typescriptRaiseSites(file, text());
    if (file.endsWith(".sh")) return { sites: shellRaiseSites(file, text(), file.startsWith("host/") ? constants : undefined), proofs: [], others: [] };
    return { sites: [], proofs: [], others: [] };
  });
  return { sites: all.flatMap(({ sites }) => sites), proofs: all.flatMap(({ proofs }) => proofs), others: all.flatMap(({ others }) => others) };
}
