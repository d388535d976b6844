/** What `host/status/status.sh` printed, cut at its lines `@@ name`. */
export interface Sections {
  /** What stands before the first section. */
  head: string;
  /** The lines of a section, without empty ones; none when there is no such section. */
  lines(name: string): string[];
  /** A section's lines `key value…` as a table; a section that comes twice is read `at` 0 or 1. */
  table(name: string, at?: number): Map<string, string>;
  /** A section's blocks `key=value`, which empty lines part. */
  blocks(name: string): Map<string, string>[];
}

function tableOf(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.map((line) => {
      const [, key = line, value = ""] = /^([^\s=]+)[\s=](.*)$/.exec(line) ?? [];
      return [key, value.trim()] as const;
    }),
  );
}

/** Cuts the output into its sections. */
export function cutSections(output: string): Sections {
  const [head = "", ...parts] = output.split(/^@@ /m);
  const sections = parts.map((part) => {
    const end = part.indexOf("\n");
    return { name: part.slice(0, end), text: part.slice(end + 1) };
  });
  const text = (name: string, at = 0): string => sections.filter((section) => section.name === name)[at]?.text ?? "";
  const lines = (whole: string): string[] => whole.split("\n").filter((line) => line.trim() !== "");
  return {
    head: head.trim(),
    lines: (name) => lines(text(name)),
    table: (name, at) => tableOf(lines(text(name, at))),
    blocks: (name) => text(name).split(/\n{2,}/).map((block) => tableOf(lines(block))).filter((block) => block.size > 0),
  };
}
