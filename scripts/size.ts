import { knownType } from "../components/instanceChoice.ts";
import { instanceTable } from "../components/instanceTable.ts";
import { Refusal } from "../components/refusal.ts";
import { parseSizeOptions, usage } from "./sizing/options.ts";
import { plan, priceNote, renderDetails, renderTable, toJson } from "./sizing/report.ts";

/** `npm run size`: works with no stack and no cloud account. Exits 1 with a four-part error on a size that cannot be. */
function main(args: string[]): string {
  const options = parseSizeOptions(args);
  if (options.help) return usage;
  const table = instanceTable();
  // A type that no N fits is said at once, not as a table of nothing.
  if (options.instanceType !== undefined) knownType(table, options, "the cheapest that fits is taken");
  if (options.containers === null) return `${renderTable(table, null, options)}\n${priceNote}`;
  const asked = plan(table, options.containers, options);
  if (options.json) return `${JSON.stringify(toJson(asked), null, 2)}\n`;
  return `${renderTable(table, options.containers, options)}\n${renderDetails(asked)}\n${priceNote}`;
}

try {
  process.stdout.write(main(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
}
