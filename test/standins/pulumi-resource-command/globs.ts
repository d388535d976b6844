// Part of the stand-in for the `command` plugin: path rules such as "src/**.js" and "!**secret.*".

/** A test for relative paths: rules apply in order, a rule with "!" takes back what earlier ones took. */
export function matcher(rules: readonly string[]): (path: string) => boolean {
  const compiled = rules.map((rule) => ({ exclude: rule.startsWith("!"), pattern: toRegExp(rule.replace(/^!/, "")) }));
  return (path) => compiled.reduce((taken, { exclude, pattern }) => (pattern.test(path) ? !exclude : taken), false);
}

/** `*` is anything but "/", `**` anything, `?` one character but "/", `{a,b}` either, `[abc]` one of them. */
function toRegExp(glob: string): RegExp {
  const parts = glob.match(/\*\*|\*|\?|\[[^\]]*\]|\{|\}|,|./gs) ?? [];
  let depth = 0;
  const source = parts.map((part) => {
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part.startsWith("[") && part.length > 1) return part.replace(/^\[!/, "[^");
    if (part === "{") return depth++, "(?:";
    if (part === "}" && depth > 0) return depth--, ")";
    if (part === "," && depth > 0) return "|";
    return part.replace(/[\\^$.|+()[\]{}]/, "\\$&");
  });
  return new RegExp(`^${source.join("")}$`, "s");
}
