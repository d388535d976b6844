import { Refusal } from "./refusal.ts";
import { commandOf, deniedFlag, type CommandSpec, type FlagSpec } from "./commands.ts";

/** A docker command line, understood. */
export interface Call {
  /** Such as `run`, `ps` or `image inspect`. */
  readonly command: string;
  /** Values by the flag's long name, in the order given; a boolean flag that is on has the value "true". */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  /** What is neither flag nor flag's value: names, an image, a directory. */
  readonly operands: readonly string[];
  /** `run` only: what stands after the image. */
  readonly args: readonly string[];
}

/** The one value of a flag, or undefined. */
export function flag(call: Call, long: string): string | undefined {
  return call.flags.get(long)?.[0];
}

/**
 * Understands a docker command line by the grammar in commands.ts, in all the spellings that podman (spf13/pflag)
 * accepts: `--flag value`, `--flag=value`, `-f value`, `-fvalue`, `-f=value`, clusters such as `-it`, `--bool=true`
 * and `--`. Whatever it does not know it refuses.
 *
 * @throws Refusal
 */
export function parse(argv: readonly string[]): Call {
  const { command, spec, rest } = commandOf(argv);
  const flags = new Map<string, string[]>();
  const operands: string[] = [];
  let args: string[] = [];
  let i = 0;
  for (; i < rest.length; i++) {
    const token = rest[i]!;
    if (token.includes("\0")) throw new Refusal("flag-value", command, "text", "a NUL byte", "leave it out");
    if (token === "--") {
      operands.push(...rest.slice(i + 1));
      break;
    }
    if (token.startsWith("--")) i += long(command, spec, flags, token.slice(2), rest[i + 1]);
    else if (token.length > 1 && token.startsWith("-")) i += cluster(command, spec, flags, token.slice(1), rest[i + 1]);
    else {
      operands.push(token);
      if (spec.argsFollow) {
        // As podman run does: the first operand ends the flags, and all that follows belongs to the container.
        args = rest.slice(i + 1);
        break;
      }
    }
  }
  if (spec.argsFollow && operands.length > 1) args = operands.splice(1);
  const [least, most] = spec.operands;
  if (operands.length < least || operands.length > most) {
    throw new Refusal("operands", command, least === most ? `${least} argument(s)` : `${least} to ${most} arguments`, String(operands.length), `see \`docker ${command} --help\` for the order`);
  }
  return { command, flags, operands, args };
}

/** The same call in one spelling: flags in the order of the table, `--flag=value`, then the operands. */
export function print(call: Call): string[] {
  const { spec } = commandOf(call.command.split(" "));
  const out = call.command.split(" ");
  for (const { long: name, kind } of spec.flags) {
    for (const value of call.flags.get(name) ?? []) out.push(kind === "boolean" ? `--${name}` : `--${name}=${value}`);
  }
  if (call.operands.some((operand) => operand.startsWith("-") && operand.length > 1)) out.push("--");
  return [...out, ...call.operands, ...call.args];
}

/** Takes `--name`, `--name=value` or `--name value`; returns how many further tokens it used. */
function long(command: string, spec: CommandSpec, flags: Map<string, string[]>, text: string, next: string | undefined): number {
  const equals = text.indexOf("=");
  const name = equals < 0 ? text : text.slice(0, equals);
  const known = spec.flags.find((one) => one.long === name || one.aliases?.includes(name));
  if (known === undefined) throw deniedFlag(command, `--${name}`);
  if (equals >= 0) {
    set(flags, known, `--${name}`, text.slice(equals + 1));
    return 0;
  }
  return separate(flags, known, `--${name}`, next);
}

/** Takes `-abc`, `-ovalue` or `-o value`; returns how many further tokens it used. */
function cluster(command: string, spec: CommandSpec, flags: Map<string, string[]>, letters: string, next: string | undefined): number {
  for (let i = 0; i < letters.length; i++) {
    const letter = letters[i]!;
    const known = spec.flags.find((one) => one.short === letter);
    if (known === undefined) throw deniedFlag(command, `-${letter}`);
    const rest = letters.slice(i + 1);
    if (rest.startsWith("=")) {
      set(flags, known, `-${letter}`, rest.slice(1));
      return 0;
    }
    if (known.kind === "boolean") set(flags, known, `-${letter}`, "true");
    else if (rest !== "") {
      set(flags, known, `-${letter}`, rest);
      return 0;
    } else return separate(flags, known, `-${letter}`, next);
  }
  return 0;
}

/** A flag whose value, if it needs one, is the next token, whatever that looks like. */
function separate(flags: Map<string, string[]>, spec: FlagSpec, spelled: string, next: string | undefined): number {
  if (spec.kind === "boolean") {
    set(flags, spec, spelled, "true");
    return 0;
  }
  if (next === undefined) throw new Refusal("flag-value", spelled, "a value", "nothing", "give the value after it");
  set(flags, spec, spelled, next);
  return 1;
}

/** pflag's words for true (Go's strconv.ParseBool). */
const TRUE = ["1", "t", "T", "true", "TRUE", "True"];

function set(flags: Map<string, string[]>, spec: FlagSpec, spelled: string, value: string): void {
  if (spec.kind === "boolean" && !TRUE.includes(value)) {
    throw new Refusal("flag-value", spelled, "the flag alone, or =true", `=${value}`, "leave the flag out if it is not wanted");
  }
  if (spec.value !== undefined && !spec.value.test(value)) {
    // The value of a variable may be a secret: only its name is shown.
    const shown = spec.rule === "environment" ? value.split("=", 1)[0]! : value;
    throw new Refusal(spec.rule ?? "flag-value", spelled, spec.wanted ?? `a value like ${spec.value.source}`, shown, spec.remedy ?? "leave it out; the guard sets what is needed");
  }
  const values = flags.get(spec.long) ?? [];
  if (spec.kind === "boolean") flags.set(spec.long, ["true"]);
  else if (values.length > 0 && !spec.repeats) throw new Refusal("flag-repeated", spelled, "the flag once", "it twice", "give it once");
  else flags.set(spec.long, [...values, value]);
}
