/** How quantities are written for people, on the terminal and on the page alike. */

const units = ["B", "KiB", "MiB", "GiB", "TiB"];

/** Bytes with at most three digits that mean something: 812 MiB, 1.4 GiB. */
export function bytes(value: number): string {
  let unit = 0;
  let left = value;
  while (left >= 1000 && unit < units.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return `${left >= 100 || unit === 0 || Number.isInteger(left) ? Math.round(left) : left.toFixed(1)} ${units[unit]}`;
}

/** A share as whole percent. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Seconds by their largest unit: 45 s, 12 min, 3 h, 5 days. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** `1 call`, `2 calls`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
