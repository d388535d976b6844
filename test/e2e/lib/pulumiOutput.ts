/** Output without colours, and without the time and phase that `make up` puts before each line. */
const plain = (output: string): string => output.replaceAll(/\x1b\[[0-9;]*m/g, "").replaceAll(/^\[[^\]]*\] [^|\n]*\| /gm, "");

/** What `pulumi up --non-interactive` says at its end under "Resources:", but for what is unchanged: kind of change → count. */
export function changes(output: string): Record<string, number> {
  const summary = /Resources:\n((?:\s+.*\n)+)/.exec(plain(output))?.[1] ?? "";
  const found: Record<string, number> = {};
  for (const [, count, kind] of summary.matchAll(/(\d+) (created|updated|replaced|deleted)/g)) found[kind!] = Number(count);
  if (!/unchanged|created|updated|replaced|deleted/.test(summary)) throw new Error(`no summary in:\n${output.slice(-3000)}`);
  return found;
}

/** Names of the resources that one run created, updated, replaced or deleted. */
export function resourcesOf(output: string, kind: "created" | "updated" | "replaced" | "deleted"): string[] {
  const verb = { created: "create", updated: "update", replaced: "replac", deleted: "delet" }[kind];
  const pattern = new RegExp(`(?:command:(?:remote|local)|aws:\\w+):\\w+ (\\S+) ${verb}`, "g");
  return [...new Set([...plain(output).matchAll(pattern)].map(([, name]) => name!))];
}

/** What a failed run complained about: errors and failed proofs from anywhere in its output, then its end. */
export function complaints(output: string): string {
  const lines = plain(output).split("\n").filter((line) => /✗|^\s*(wanted|got|remedy):|error:/.test(line) && !line.includes('{"ok"'));
  return [...new Set(lines)].join("\n") + "\n…\n" + output.slice(-3000);
}
