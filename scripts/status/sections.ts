/** What `host/status/status.sh` printed, cut at its lines `@@ name`. */
export interface Sections {
  /** What stands before the first section. */
  head: string;
  /** The lines of a section, without empty ones; none when there is no such section. */
  lines(name: string): string[];
  /** A section's lines `key value…` as a table; a section that comes twice is read `at` 0 or 1. */
  table(name: string, at?: number): Map<string, string>;
}

/** Cuts the output into its sections. */
export function cutSections(output: string): Sections {
  const [head = "", ...parts] = output.split(/^@@ /m);
  const sections = parts.map((part) => {
    const [name = "", ...lines] = part.split("\n");
    return { name, lines: lines.filter((line) => line.trim() !== "") };
  });
  const lines = (name: string, at = 0): string[] => sections.filter((section) => section.name === name)[at]?.lines ?? [];
  return {
    head: head.trim(),
    lines: (name) => lines(name),
    table: (name, at = 0) =>
      new Map(
        lines(name, at).map((line) => {
          const [, key = line, value = ""] = /^([^\s=]+)[\s=](.*)$/.exec(line) ?? [];
          return [key, value.trim()] as const;
        }),
      ),
  };
}
