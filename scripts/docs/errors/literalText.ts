import ts from "typescript";

/** Stands between two texts of which the source takes one. */
export const ALTERNATIVE = " ¦ ";

/** The text that an expression makes, as far as the source says it: what is known only later stands as `<name>` or `…`. */
export function textOf(node: ts.Expression): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) return node.head.text + node.templateSpans.map((span) => textOf(span.expression) + span.literal.text).join("");
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node)) return textOf(node.expression);
  if (ts.isBinaryExpression(node)) return binary(node);
  if (ts.isConditionalExpression(node)) return either(textOf(node.whenTrue), textOf(node.whenFalse));
  if (ts.isIdentifier(node)) return node.text === "undefined" ? "…" : (constant(node) ?? `<${node.text}>`);
  if (ts.isPropertyAccessExpression(node)) return `<${node.name.text}>`;
  return "…";
}

function binary(node: ts.BinaryExpression): string {
  const [left, right] = [textOf(node.left), textOf(node.right)];
  if (node.operatorToken.kind === ts.SyntaxKind.PlusToken) return left + right;
  return either(left, right);
}

/** Two alternatives, without those that say nothing. */
function either(one: string, other: string): string {
  const said = [one, other].filter((text) => text !== "" && !/^(…|<\w+>)$/.test(text));
  if (one === "" || other === "") return said[0] ?? "";
  return said.length === 2 ? one + ALTERNATIVE + other : (said[0] ?? one);
}

/** The value of a constant that the same file, or a function around, defines by a text. */
function constant(name: ts.Identifier): string | undefined {
  for (let scope: ts.Node | undefined = name.parent; scope !== undefined; scope = scope.parent) {
    if (!ts.isBlock(scope) && !ts.isSourceFile(scope) && !ts.isCaseClause(scope)) continue;
    for (const statement of scope.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      const found = statement.declarationList.declarations.find((each) => each.name.getText() === name.text)?.initializer;
      if (found !== undefined && found !== name) return ts.isStringLiteralLike(found) || ts.isTemplateExpression(found) || ts.isConditionalExpression(found) || ts.isBinaryExpression(found) ? textOf(found) : undefined;
    }
  }
  return undefined;
}
