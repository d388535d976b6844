import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What the documents of this repository say: their links, paths and commands. */

export const root = join(import.meta.dirname, "../..");

/** Every document for people, from the repository's root. */
export const documents: readonly string[] = ["README.md", ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`), "toolchain/README.md", "test/fixtures/nanoclaw/README.md"].filter((path) => existsSync(join(root, path)));

/** The text of a document. */
export function textOf(document: string): string {
  return readFileSync(join(root, document), "utf8");
}

/** The lines of the fenced blocks in the given languages; a line that ends with \ goes on in the next. */
export function fencedLines(text: string, languages: readonly string[]): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)].filter(([, language = ""]) => languages.includes(language)).flatMap(([, , body = ""]) => body.replaceAll("\\\n", " ").split("\n"));
}

/** The commands that a reader is told to type: lines of `sh` blocks, and those of `console` blocks after `$ `; without comments. */
export function commandsOf(text: string): string[] {
  const typed = [...fencedLines(text, ["sh"]), ...fencedLines(text, ["console"]).filter((line) => line.startsWith("$ ")).map((line) => line.slice(2))];
  return typed.map((line) => line.replace(/(^|\s+)#\s.*$/, "").trim()).filter((line) => line !== "");
}

/** The commands in the columns "Check" and "Check on the host" of a document's tables; `at` says where they are typed. */
export function checksOf(text: string): { at: "host" | "operator"; command: string }[] {
  let column = -1;
  let onHost = false;
  return text.split("\n").flatMap((line) => {
    if (line.startsWith("|--")) return [];
    if (!line.startsWith("| ")) {
      column = -1;
      return [];
    }
    const cells = line.slice(2, -2).split(/(?<!\\) \| /);
    if (column < 0) {
      column = cells.findIndex((cell) => /^Check( on the host)?$/.test(cell));
      onHost = cells[column] === "Check on the host";
      if (column < 0) column = Infinity;
      return [];
    }
    const found = /^(host: )?`(.+)`$/.exec(cells[column] ?? "");
    return found === null ? [] : [{ at: found[1] === undefined && !onHost ? ("operator" as const) : ("host" as const), command: found[2]!.replaceAll("\\|", "|") }];
  });
}

/** The anchors of a document, as GitHub makes them from its headings. */
export function anchorsOf(text: string): string[] {
  const headings = text.replaceAll(/^```[\s\S]*?^```/gm, "").match(/^#+ .*$/gm) ?? [];
  return headings.map((heading) => heading.replace(/^#+ /, "").toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-"));
}

/** The targets of a document's links and images. */
export function linksOf(text: string): string[] {
  return [...text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
}

/** Texts in code or prose that are paths of this repository: they begin with one of its top-level names. */
export function pathsOf(text: string): string[] {
  const top = readdirSync(root).filter((name) => !/^(\.|node_modules$|dist$)/.test(name));
  const words = [...text.matchAll(/(?<![\w./-])([\w.@*{}<>,-]+(?:\/[\w.@*{}<>,-]*)+)/g)].map(([, word]) => word!.replace(/[.,]+$/, ""));
  return [...new Set(words)].filter((word) => top.includes(word.split("/")[0]!) && !/[<>*{}]/.test(word));
}
