import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BLOCKED_PATTERNS, SESSION_PLACES, SYSTEM_PLACES } from "../contract/mountRules.ts";
import { guardPolicy, PROFILES, ROLE_FOLDERS, SECRET_SETS, type ProfileName, type RoleName } from "../contract/profiles.ts";
import { COMMANDS } from "../host/guard/commands.ts";
import { HARDENING } from "../host/guard/hardening.ts";
import { RULES } from "../host/guard/refusal.ts";
import { SLOTS } from "../host/guard/slots.ts";
import type { Claim } from "../host/smoke/experiment.ts";
import { experiments } from "../host/smoke/experiments.ts";

/**
 * `node scripts/generate-security.ts`: fills the generated parts of docs/SECURITY.md, which stand between
 * `<!-- generated: NAME -->` and `<!-- end -->`, from the guard's own tables. `--check` writes nothing and exits 1 when
 * they differ.
 */

const FILE = fileURLToPath(new URL("../docs/SECURITY.md", import.meta.url));
const roles: readonly RoleName[] = ["main", "trusted", "untrusted"];
const profiles = Object.keys(PROFILES) as ProfileName[];
const code = (text: string): string => `\`${text}\``;

/** The generated parts, by name. */
export const SECURITY_PARTS: Readonly<Record<string, () => string>> = {
  flags: () =>
    table(
      ["Flag", "Purpose", "Does NanoClaw apply it?", "What might break", "Switch"],
      HARDENING.map((row) => [row.shown, row.purpose, row.upstream, row.breaks, row.switch === null ? "always on" : code(`hardening.${row.switch}`)]),
    ),
  mounts: () =>
    table(
      ["In the container", "From the project root", "Access", "For"],
      SLOTS.filter(({ source }) => source !== "/dev/null").map((slot) => [
        code(slot.target),
        code(slot.source === "" ? "." : slot.source),
        slot.snapshot === true ? "read, a copy" : slot.write === true ? "read, write" : slot.write === "global" ? "read; write by the role's `globalWrite`" : slot.write === "source" ? "by `agentSource`" : "read",
        slot.project === true ? "roles with `project`" : "all roles",
      ]),
    ),
  blocked: () => `Anywhere in a path, and at the end of a name that lies directly in a mounted directory: ${BLOCKED_PATTERNS.map(code).join(" ")}\n\nWhat begins with: ${SESSION_PLACES.map(code).join(" ")}\n\nThese places, all that lies below them and all that they lie in: ${SYSTEM_PLACES.map(code).join(" ")}`,
  grammar: () => table(["Command", "Flags"], Object.entries(COMMANDS).map(([name, { flags }]) => [code(name), flags.map(({ long, short }) => code(short === undefined ? `--${long}` : `-${short}/--${long}`)).join(" ") || "none"])),
  rules: () => table(["Rule", "Refuses"], Object.entries(RULES).map(([id, means]) => [code(id), means])),
  roles: () => table(["Role", "Group folders", ...profiles.map((name) => `Secrets in ${code(name)}`)], roles.map((role) => [role, ROLE_FOLDERS[role].map(code).join(" "), ...profiles.map((name) => PROFILES[name].secrets[role].join(", "))])),
  secrets: () => table(["Set", "Names"], Object.entries(SECRET_SETS).map(([set, names]) => [set, names.map(code).join(" ")])),
  proofs: () =>
    table(
      ["Proof", "Asserts", "When", "Switch"],
      [...proofSets()].map(([{ name, asserts, protection }, quick]) => [code(name), asserts, quick ? "every `up`" : "`make prove`", protection === undefined ? "" : code(`hardening.${protection}`)]),
    ),
  profiles: () => {
    const rows: [string, (name: ProfileName) => string][] = [
      ["For", (name) => PROFILES[name].purpose],
      ["Hardening flags", (name) => `${Object.values(examplePolicy(name).hardening).filter(Boolean).length} of ${Object.keys(examplePolicy(name).hardening).length} on`],
      ...roles.map((role): [string, (name: ProfileName) => string] => [`Network of ${role}`, (name) => code(PROFILES[name].network[role])]),
      ...roles.map((role): [string, (name: ProfileName) => string] => [`Workspace of ${role}`, (name) => code(PROFILES[name].workspace[role])]),
      ["Extra mounts", (name) => (PROFILES[name].extraMounts ? "by the stack" : "none")],
      ["The agent's own source", (name) => code(PROFILES[name].agentSource)],
      ["Output kept by podman", (name) => code(PROFILES[name].log)],
      ["Permission bypass of untrusted groups", (name) => (PROFILES[name].untrustedBypass ? "on, under deny rules" : "off")],
    ];
    return table(["", ...profiles.map(code)], rows.map(([title, cell]) => [title, ...profiles.map(cell)]));
  },
};

/** Each proof, and whether it is among the quick ones. */
function proofSets(): Map<Claim, boolean> {
  const quick = new Set(experiments.filter(({ sets }) => sets.includes("quick")).flatMap(({ claims }) => claims));
  return new Map(experiments.filter(({ sets }) => sets.includes("full")).flatMap(({ claims }) => claims.map((claim) => [claim, quick.has(claim)])));
}

function examplePolicy(profile: ProfileName): ReturnType<typeof guardPolicy> {
  return guardPolicy({ profile, containers: 1, limits: { memoryBytes: 2 ** 32, cpus: 2, pids: 256 }, root: "/var/lib/nanoclaw", releases: "/opt/nanoclaw/releases", image: "nanoclaw-agent:latest" });
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

/** The page with its generated parts as the code has them now. @throws Error for a part that is not known */
export function securityPage(page: string): string {
  return page.replace(/(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, open: string, name: string, close: string) => {
    const part = SECURITY_PARTS[name];
    if (part === undefined) throw new Error(`docs/SECURITY.md: wanted one of ${Object.keys(SECURITY_PARTS).join(", ")}; got the part ${name}. Remedy: correct the comment`);
    return `${open}\n${part()}\n\n${close}`;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const before = readFileSync(FILE, "utf8");
  const after = securityPage(before);
  if (before === after) console.log("docs/SECURITY.md: unchanged");
  else if (process.argv.includes("--check")) {
    console.log("docs/SECURITY.md: out of date; run `node scripts/generate-security.ts`");
    process.exitCode = 1;
  } else {
    writeFileSync(FILE, after);
    console.log("docs/SECURITY.md: written");
  }
}
