import { RULES } from "../../../host/guard/refusal.ts";
import { code, markdownTable } from "../blocks.ts";
import { areas, fieldNames, type Area, type Check } from "./areas.ts";
import { ALTERNATIVE } from "./literalText.ts";
import { raised, type RaiseSite } from "./raiseSites.ts";
import { unsaid, type Cause } from "./unsaid.ts";

/** The generated parts of docs/TROUBLESHOOTING.md: every error that the code can raise. */

/** The parts by the name in their markers. */
export function troubleshootingBlocks(): Record<string, string> {
  const { sites, proofs, others } = raised();
  const ours = sites.filter(({ rule }) => rule === undefined);
  return {
    errors: areas.map((area) => section(area, ours)).join(""),
    "guard-rules": rules(sites),
    faults: markdownTable(["Text", "In"], others.filter(({ text }) => /[a-z]{3}/i.test(text.replaceAll(/<\w+>/g, ""))).map(({ text, file }) => [words(text), code(file)])),
    proofs: markdownTable(["Proof", "What does not hold", "Cure"], proofs.map(({ name, asserts, remedy }) => [code(name), `not: ${asserts}`, sentence(remedy)])),
  };
}

/** The area that an error is told in. @throws Error for a file that no area has */
export function areaOf(site: RaiseSite): Area {
  const found = areas.find(({ files }) => files.test(site.file));
  if (found === undefined) throw new Error(`scripts/docs/errors/areas.ts: no area has ${site.file}`);
  return found;
}

/** How an error's field is shown. */
export function shownField({ file, field }: Pick<RaiseSite, "file" | "field">): string {
  return fieldNames[`${file}: ${field}`] ?? field.replaceAll(ALTERNATIVE, " or ");
}

/** An error's causes: what the source says, or, where it leaves the cure to something else, what that says. */
export function causesOf(site: RaiseSite): readonly Cause[] {
  return (saysNothing(site.remedy) ? unsaid[`${site.file}: ${site.field}`] : undefined) ?? [site];
}

function section(area: Area, sites: readonly RaiseSite[]): string {
  const own = sites.filter((site) => areaOf(site) === area);
  if (own.length === 0) return "";
  const rows = own.flatMap((site) => {
    const field = shownField(site);
    const check = shownCheck(area.checks?.[field] ?? area.check);
    return causesOf(site).map(({ wanted, given, remedy }) => [code(field), sentence(wanted), sentence(given), check, sentence(remedy)]);
  });
  const once = rows.filter((row, index) => rows.findIndex((other) => other.join() === row.join()) === index);
  return `### ${area.title}\n\nWhen: ${area.when}\n\n${markdownTable(["Error about", "Wanted", "Cause: it got", "Check", "Cure"], once)}\n`;
}

function rules(sites: readonly RaiseSite[]): string {
  const rows = Object.entries(RULES).map(([rule, means]) => {
    const cures = sites.filter((site) => site.rule?.split(ALTERNATIVE).includes(rule)).map(({ remedy }) => sentence(remedy));
    // Rules about single flags are raised by one line of the grammar for all of them.
    return [code(rule), means, [...new Set(cures)].join("; ") || "leave it out; what containers get is said in the policy"];
  });
  return markdownTable(["Rule", "Cause", "Cure"], rows);
}

/** A check as it is shown; one on the host says so. */
export function shownCheck({ at, command }: Check): string {
  return `${at === "host" ? "host: " : ""}${code(command)}`;
}

/** Text for a table; in code, `<` stands for itself. */
function words(text: string): string {
  const parts = text.replaceAll(/\s+/g, " ").replaceAll(ALTERNATIVE, " or ").trim().split("`");
  return parts.map((part, index) => (index % 2 === 0 ? part.replaceAll("<", "&lt;") : part)).join("`");
}

/** The same, for a text of which the source may say nothing. */
function sentence(text: string): string {
  return saysNothing(text) ? "as the message says" : words(text);
}

function saysNothing(text: string): boolean {
  return /^(…|<\w+>|\s|¦)*$/.test(text);
}
