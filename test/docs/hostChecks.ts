import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { OnHost } from "./dockerCalls.ts";
import { checksOf, documents, textOf } from "./documents.ts";

/** The commands that documents tell readers to type on a host. They change nothing. */
export const hostChecks: readonly string[] = [...new Set(documents.flatMap((path) => checksOf(textOf(path)).filter(({ at }) => at === "host").map(({ command }) => command)))];

/** Runs all of them on a host as the user who logs in by SSH; gives those that fail, with what they said. */
export function failedChecks(onHost: OnHost): string[] {
  onHost("cat >/run/host-checks.sh && chmod 644 /run/host-checks.sh", readFileSync(join(import.meta.dirname, "host-checks.sh"), "utf8"));
  const said = onHost('runuser -l "${SUDO_USER}" -c "bash /run/host-checks.sh"', hostChecks.map((command) => `${command}\n`).join(""));
  const lines = said.trim().split("\n");
  const last = lines.pop();
  return last === `ran ${hostChecks.length}` ? lines : [...lines, `wanted ${hostChecks.length} checks to run; got ${last}`];
}
