import ts from "typescript";
import { textOf } from "./literalText.ts";
import type { Proof, Raised, RaiseSite } from "./raiseSites.ts";

/** Functions of ours that end with an error, given its four parts. */
const enders = new Set(["fail", "refuse"]);
const members = ["field", "wanted", "given", "remedy", "name", "asserts"] as const;
type Member = (typeof members)[number];
const fourParts = /^(?<field>[\s\S]+?): wanted (?<wanted>[\s\S]+?)[;,] got:? (?<given>[\s\S]+?)\. Remedy: (?<remedy>[\s\S]+)$/;

/** What a TypeScript file raises: objects with four parts, calls of `fail` and `refuse`, the guard's refusals, and errors whose text has four parts. */
export function typescriptRaiseSites(file: string, text: string): Raised {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const sites: RaiseSite[] = [];
  const proofs: Proof[] = [];
  const others: { file: string; text: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isObjectLiteralExpression(node)) {
      const parts = membersOf(node);
      if (file.startsWith("host/smoke/") && parts["asserts"] !== undefined && /^[a-z][a-z0-9-]+$/.test(parts["name"] ?? "")) proofs.push({ file, name: parts["name"]!, asserts: parts["asserts"], remedy: parts["remedy"] ?? "…" });
      if (parts["field"] !== undefined && parts["given"] !== undefined) {
        const { field = "", wanted = "…", given = "…", remedy = "…" } = parts;
        sites.push({ file, field, wanted, given, remedy });
      }
    }
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && enders.has(node.expression.text) && node.arguments.length === 4) {
      const [field, wanted, given, remedy] = node.arguments.map(textOf) as [string, string, string, string];
      sites.push({ file, field, wanted, given, remedy });
    }
    if (ts.isNewExpression(node)) {
      const name = node.expression.getText();
      const args = node.arguments ?? [];
      if (name === "Refusal" && args.length === 5) {
        const [rule, field, wanted, given, remedy] = args.map(textOf) as [string, string, string, string, string];
        sites.push({ file, rule, field, wanted, given, remedy });
      } else if (/Error$/.test(name) && args[0] !== undefined) {
        const message = textOf(args[0]);
        const found = fourParts.exec(message)?.groups;
        if (found === undefined) others.push({ file, text: message });
        else sites.push({ file, field: found["field"]!, wanted: found["wanted"]!, given: found["given"]!, remedy: found["remedy"]! });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { sites, proofs, others };
}

function membersOf(node: ts.ObjectLiteralExpression): Partial<Record<Member, string>> {
  const found: Record<string, string> = {};
  for (const property of node.properties) {
    const name = property.name?.getText() ?? "";
    if (!(members as readonly string[]).includes(name)) continue;
    if (ts.isPropertyAssignment(property)) found[name] = textOf(property.initializer);
    else if (ts.isShorthandPropertyAssignment(property)) found[name] = textOf(property.name);
  }
  return found;
}
