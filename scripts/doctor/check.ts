import type { Check } from "../../contract/doctor.ts";

/** What was found; `note` instead of an error where things work nevertheless. */
export interface Found {
  ok: boolean;
  got: string;
  note?: boolean;
}

/** Makes a check of what was wanted and what was found. */
export function check(name: string, wanted: string, { ok, got, note = false }: Found, remedy: string): Check {
  return { name, level: ok ? "ok" : note ? "note" : "wrong", wanted, got, remedy: ok ? "" : remedy };
}

/** Whether a version is a minimum or newer; both like 1.2.3, with or without a leading v. */
export function atLeast(version: string, minimum: string): boolean {
  const numbers = (text: string): number[] => text.replace(/^v/, "").split(/[.+-]/).slice(0, 3).map(Number);
  const [a, b] = [numbers(version), numbers(minimum)];
  for (const index of [0, 1, 2]) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (Number.isNaN(difference)) return false;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Whether a file's mode lets nobody but its owner in. */
export function isPrivate(mode: number): boolean {
  return (mode & 0o077) === 0;
}

/** Lines for the terminal: every check, and what to do about those that are not ok. */
export function doctorText(checks: readonly Check[]): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const marks = { ok: "✓", note: "!", wrong: "✗" };
  const lines = checks.flatMap(({ name, level, wanted, got, remedy }) => [
    `${marks[level]} ${name.padEnd(width)}  ${got}${level === "ok" ? "" : ` (wanted ${wanted})`}`,
    ...(level === "ok" ? [] : [`  ${" ".repeat(width)}  → ${remedy}`]),
  ]);
  const wrong = checks.filter(({ level }) => level === "wrong").length;
  return [...lines, wrong === 0 ? "nothing is wrong" : `${wrong} of ${checks.length} checks found something wrong`];
}
