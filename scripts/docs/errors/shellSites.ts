import type { RaiseSite } from "./raiseSites.ts";

/** The calls of `die FIELD WANTED GIVEN REMEDY` in a shell file, and what else it prints in that form; `constants` are those of the files that it sources. */
export function shellRaiseSites(file: string, text: string, constants: ReadonlyMap<string, string> = new Map()): RaiseSite[] {
  const known = new Map([...constants, ...shellConstants(text)]);
  const say = (said: string): string => said.replaceAll(/<(\w+)>/g, (all, name: string) => known.get(name.toUpperCase()) ?? all);
  // Not in comments, and not where `die` itself is defined.
  const code = text.replaceAll(/^\s*#.*$/gm, "").replaceAll("\\\n", " ");
  const written = [...code.matchAll(/(?:\bfail (?=")|\bprintf (?="error: ))/g)].flatMap(({ 0: command, index }) => {
    const found = fourParts.exec(shellWord(code, index + command.length).word.replaceAll("%s", "…"))?.groups;
    return found === undefined ? [] : [{ file, field: say(found["field"]!), wanted: say(found["wanted"]!), given: say(found["given"]!), remedy: say(found["remedy"]!) }];
  });
  const called = [...code.matchAll(/(?<![\w-])die (?=["A-Za-z])/g)].map(({ index }) => {
    let at = index + "die ".length;
    const words: string[] = [];
    while (words.length < 4) {
      const { word, end } = shellWord(code, at);
      if (end === at) throw new Error(`${file}: \`die\` has ${words.length} of its four parts near: ${code.slice(index, index + 80)}`);
      words.push(say(word));
      at = end;
    }
    const [field, wanted, given, remedy] = words as [string, string, string, string];
    return { file, field, wanted, given, remedy };
  });
  return [...written, ...called];
}

const fourParts = /^(?:error: )?(?<field>.+?): wanted (?<wanted>.+?); got (?<given>.+?)\. Remedy: (?<remedy>.+?)\.?(?:\\?n)?$/;

/** The constants that a shell file sets to a plain text. */
export function shellConstants(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^\s*readonly ([A-Z][A-Z_]*)=["']?([\w./:@-]+)["']?$/gm)].map(([, name, value]) => [name!, value!]));
}

/** The word that begins at an index, after spaces; expansions become `<name>` or `…`. */
function shellWord(code: string, start: number): { word: string; end: number } {
  let at = start;
  while (code[at] === " ") at++;
  let word = "";
  let quoted = false;
  for (; at < code.length; at++) {
    const here = code[at]!;
    if (here === '"') quoted = !quoted;
    else if (!quoted && /[\s;)]/.test(here)) break;
    else if (here === "\\") word += code[++at] ?? "";
    else if (here === "$" && /[({\w*@]/.test(code[at + 1] ?? "")) {
      const { text, end } = expansion(code, at);
      word += text;
      at = end - 1;
    } else word += here;
  }
  return { word: word.replaceAll(/…(\s*…)+/g, "…"), end: at };
}

function expansion(code: string, at: number): { text: string; end: number } {
  const open = code[at + 1]!;
  if (open !== "(" && open !== "{") {
    const name = /^\$(\w+|[*@])/.exec(code.slice(at))![0];
    return { text: named(name.slice(1)), end: at + name.length };
  }
  const close = open === "(" ? ")" : "}";
  let depth = 0;
  let end = at + 1;
  for (; end < code.length; end++) {
    if (code[end] === open) depth++;
    else if (code[end] === close && --depth === 0) break;
  }
  const inner = code.slice(at + 2, end);
  const plain = /^(required|setting) ([\w.]+)$/.exec(inner)?.[2] ?? inner;
  return { text: open === "{" || plain !== inner ? named(plain) : "…", end: end + 1 };
}

function named(name: string): string {
  // Positional parameters and anything that is more than a name say nothing to a reader.
  return /^[A-Za-z_][\w.]*$/.test(name) ? `<${name.toLowerCase()}>` : /^([A-Za-z_]\w*):?-(.+)$/.test(name) ? `<${name.replace(/:?-.*/, "").toLowerCase()}>` : "…";
}
