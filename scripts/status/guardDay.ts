import type { GuardDay } from "../../contract/status.ts";

/** As many entries as status.sh asks the journal for. */
const limit = 1000;

interface Entry {
  decision?: string;
  rule?: string;
  call?: string;
  reason?: string;
  downgraded?: string[];
}

/** The journal's line, `journalctl -o json`; undefined for one that the guard cannot have written. */
function entryOf(line: string): { at: string; entry: Entry } | undefined {
  try {
    const { MESSAGE, __REALTIME_TIMESTAMP } = JSON.parse(line) as { MESSAGE: string; __REALTIME_TIMESTAMP: string };
    const entry = JSON.parse(MESSAGE) as Entry;
    return { at: new Date(Number(__REALTIME_TIMESTAMP) / 1000).toISOString(), entry };
  } catch {
    return undefined;
  }
}

function counted<T>(items: readonly T[], key: (item: T) => string): { first: T; key: string; count: number }[] {
  const groups = Map.groupBy(items, key);
  return [...groups].map(([name, group]) => ({ first: group[0]!, key: name, count: group.length })).sort((a, b) => b.count - a.count);
}

/** Counts refusals by rule and downgrades by path. `lines`: newest first. */
export function guardDay(lines: readonly string[]): GuardDay {
  const entries = lines.flatMap((line) => entryOf(line) ?? []);
  const refused = entries.filter(({ entry }) => entry.decision === "refused");
  const downgraded = entries.flatMap(({ entry }) => entry.downgraded ?? []);
  return {
    refusals: counted(refused, ({ entry }) => entry.rule ?? "unknown").map(({ first, key, count }) => ({
      rule: key,
      count,
      reason: `docker ${first.entry.call ?? "?"}: ${first.entry.reason ?? "no reason given"}`,
      lastAt: first.at,
    })),
    downgrades: counted(downgraded, (target) => target).map(({ key, count }) => ({ target: key, count })),
    truncated: lines.length >= limit,
  };
}
