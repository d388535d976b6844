import { parseArgs } from "node:util";
import { nearest } from "../../components/config/nearest.ts";
import { architectures, type Architecture } from "../../components/instanceTypes.ts";
import { Refusal } from "../../components/refusal.ts";

/** What `npm run size` was asked. */
export interface SizeOptions {
  /** N, or null when only the table is wanted. */
  containers: number | null;
  browser: boolean;
  cpuOvercommit: number;
  architecture: Architecture;
  allowBurstable: boolean;
  instanceType: string | undefined;
  json: boolean;
  help: boolean;
}

/** Shown by `--help`. */
export const usage = `npm run -s size -- [--containers N] [options]

What a host for N agent containers needs, and the cheapest EC2 type that fits.

  --containers N         agents at once, 1 to 64; without it, the table for 1 to 16 alone
  --no-browser           agents do not use Chromium: 2 GiB for each instead of 4
  --overcommit X         promise the CPUs X times, 1 to 4 (default 1: every agent always gets its two)
  --arch ARCH            x86_64 (default) or arm64
  --burstable            let t3, t3a and t4g types be chosen
  --instance-type TYPE   this type and no other
  --json                 one JSON object for N, for programs
`;

const known = {
  containers: { type: "string" },
  "no-browser": { type: "boolean" },
  overcommit: { type: "string" },
  arch: { type: "string" },
  burstable: { type: "boolean" },
  "instance-type": { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Reads the command line. Throws a `Refusal` on anything it does not understand. */
export function parseSizeOptions(args: string[]): SizeOptions {
  const { values, tokens } = parseArgs({ args, options: known, strict: false, allowPositionals: true, tokens: true });
  for (const token of tokens) {
    if (token.kind === "positional") throw unknownArgument(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(known, token.name) ? known[token.name as keyof typeof known] : undefined;
    if (!option) throw unknownArgument(token.rawName);
    if (option.type === "string" && token.value === undefined) throw valueRefusal(token.rawName, "a value", "nothing");
    if (option.type === "boolean" && token.value !== undefined) throw valueRefusal(token.rawName, "no value", token.value);
  }
  const text = (name: keyof typeof known) => values[name] as string | undefined;
  const arch = text("arch") ?? "x86_64";
  const architecture = architectures.find((each) => each === arch);
  if (!architecture) throw valueRefusal("--arch", architectures.join(" or "), arch);
  const containers = text("containers");
  if (values.json === true && containers === undefined) throw valueRefusal("--containers", "a number, since --json is for one size", "nothing");
  return {
    containers: containers === undefined ? null : wholeNumber("--containers", containers),
    browser: values["no-browser"] !== true,
    cpuOvercommit: decimal("--overcommit", text("overcommit") ?? "1"),
    architecture,
    allowBurstable: values.burstable === true,
    instanceType: text("instance-type"),
    json: values.json === true,
    help: values.help === true,
  };
}

// The ranges are checked where the values are used.

function wholeNumber(field: string, text: string): number {
  if (!/^\d+$/.test(text)) throw valueRefusal(field, "a whole number", `"${text}"`);
  return Number(text);
}

function decimal(field: string, text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw valueRefusal(field, "a number, such as 1.5", `"${text}"`);
  return Number(text);
}

function unknownArgument(given: string): Refusal {
  const names = Object.keys(known).map((name) => `--${name}`);
  const meant = nearest(given, names);
  return valueRefusal("arguments", names.join(", "), given, meant && `did you mean ${meant}?`);
}

function valueRefusal(field: string, wanted: string, given: string, remedy?: string): Refusal {
  return new Refusal({ field, wanted, given, remedy: remedy ?? "see npm run -s size -- --help" });
}
