/**
 * Reads `KEY=value` lines, as NanoClaw reads `.env` and systemd an EnvironmentFile: blank lines and comments are
 * skipped, one pair of quotes around a value is removed.
 */
export function parseEnvFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const match = /^\s*(?<key>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?<value>.*?)\s*$/.exec(line);
    const key = match?.groups?.["key"];
    const value = match?.groups?.["value"] ?? "";
    if (key === undefined) continue;
    values[key] = /^(?<quote>["'])(?<inner>.*)\k<quote>$/.exec(value)?.groups?.["inner"] ?? value;
  }
  return values;
}
