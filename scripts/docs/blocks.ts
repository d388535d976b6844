/** Generated parts of documents whose other text is written by hand. Pure. */

/**
 * Puts each block between its markers, `<!-- generated: NAME … -->` and `<!-- end -->`.
 * @throws Error when a marker is missing, or when there is one that nothing fills
 */
export function fillBlocks(markdown: string, blocks: Record<string, string>): string {
  const left = new Set(Object.keys(blocks));
  const filled = markdown.replace(
    /(<!-- generated: (\S+) [^\n]*-->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, start: string, name: string, end: string) => {
      const block = blocks[name];
      if (block === undefined || !left.delete(name)) throw new Error(`docs: no block "${name}", or it is there twice`);
      return `${start}\n${block}\n${end}`;
    },
  );
  if (left.size > 0) throw new Error(`docs: no marker for ${[...left].join(", ")}`);
  return filled;
}

/** A Markdown table, with a line end after each row. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")).join(" | ")} |\n`;
  return [head, head.map(() => "---"), ...rows].map(line).join("");
}

/** Text as inline code. */
export function code(text: string): string {
  return `\`${text}\``;
}
