import { z } from "zod";
import { changeEffects, fieldDocs, type FieldDoc } from "../../components/config/field.ts";
import { fieldsOf, kindsOf, unwrap } from "../../components/config/schemaWalk.ts";
import { secretFields, StackSchema } from "../../components/configSchema.ts";
import { AgentInput, AgentOutput } from "../../contract/agentProtocol.ts";
import { dockerCalls } from "../../contract/dockerCalls.ts";
import { knownVersions, nanoclawContract, type AgentMount } from "../../contract/nanoclaw.ts";
import { guardPolicy } from "../../contract/profiles.ts";
import { decide } from "../../host/guard/check.ts";
import { code, markdownTable } from "./blocks.ts";

/** The generated parts of docs/ARCHITECTURE.md. */

/** The parts by the name in their markers. */
export function architectureBlocks(): Record<string, string> {
  return { "agent-input": members(AgentInput), "agent-output": members(AgentOutput), mounts: mounts(), "docker-calls": calls(), changes: changes() };
}

interface JsonMember {
  type?: string | string[];
  enum?: string[];
  anyOf?: { type: string }[];
  description?: string;
}

function members(schema: z.ZodType): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input" }) as { properties?: Record<string, JsonMember>; required?: string[] };
  const rows = Object.entries(properties).map(([name, member]) => {
    if (member.description === undefined) throw new Error(`contract/agentProtocol.ts: ${name} is not described`);
    return [code(name), typeOf(member), required.includes(name) ? "always" : "may be absent", member.description];
  });
  return markdownTable(["Member", "Type", "Given", "Meaning"], rows);
}

function typeOf({ type, enum: words, anyOf }: JsonMember): string {
  if (words !== undefined) return words.map((word) => code(JSON.stringify(word))).join(" or ");
  return anyOf?.map((each) => each.type).join(" or ") ?? [type ?? "any"].flat().join(" or ");
}

function mounts(): string {
  const rows = nanoclawContract(knownVersions[0]!).mounts.map((mount) => [code(mount.target), source(mount), mount.readOnly ? "read" : "read, write", groups(mount), versionsWith(mount)]);
  return markdownTable(["In the container", "On the host, below NanoClaw's root", "NanoClaw asks for", "Groups", "Versions"], rows);
}

function source({ source: path, onlyIf }: AgentMount): string {
  const where = path === "." ? "the root itself" : code(path);
  return onlyIf === undefined || onlyIf === path ? where : `${where}, if ${code(onlyIf)} exists`;
}

function groups(mount: AgentMount): string {
  return { main: "main", others: "all but main", all: "all" }[mount.groups];
}

function versionsWith({ target }: AgentMount): string {
  return knownVersions.filter((version) => nanoclawContract(version).mounts.some((mount) => mount.target === target)).join(", ");
}

/** What the guard decides, asked of the guard itself. */
function calls(): string {
  const policy = guardPolicy({
    profile: "personal",
    containers: 1,
    limits: { memoryBytes: 2 ** 32, cpus: 2, pids: 512 },
    root: "/nonexistent/root",
    releases: null,
    image: "nanoclaw-agent:latest",
  });
  const rows = dockerCalls.map((call) => {
    // "." is where a build may be from; a name is one of this install's.
    const argv = call.argv.map((word) => (word === "." ? `${policy.root}/container` : word === "NAME" ? "nanoclaw-main-1" : word));
    const { allowed, rule, argv: podman } = decide(policy, argv, () => "{}", 1000);
    const becomes = allowed ? `becomes ${code(podmanCommand(podman ?? []))}` : `refused: rule ${code(rule)}`;
    return [code(`docker ${call.argv.join(" ")}`), call.by, becomes, call.onHost === null ? (call.otherwise ?? "") : `run: exit status ${call.onHost.exitCode}`];
  });
  return markdownTable(["Call", "Who calls it, and when", "The guard's answer", "On a host"], rows);
}

/** The command without what the guard adds to every one of its kind. */
function podmanCommand([, command = "", ...rest]: readonly string[]): string {
  if (command === "run") return "podman run + all hardening flags";
  const shown = rest.filter((word) => !word.startsWith("--filter=label=podman-nanoclaw-runtime") && !/^--(memory|memory-swap|network|cgroup-parent)=/.test(word));
  const words = shown.map((word) => word.replace("/nonexistent/root/", "").replace(/^nanoclaw-main-1-[0-9a-f]{8}$/, "NAME"));
  return ["podman", command, ...words].join(" ");
}

function changes(): string {
  const fields = [...documented(StackSchema, ""), ...Object.entries(secretFields).map(([name, { changes: effect }]) => ({ name: `${name} (secret)`, effect }))];
  const rows = (Object.keys(changeEffects) as (keyof typeof changeEffects)[]).map((effect) => {
    const names = [...new Set(fields.filter((each) => each.effect === effect).map(({ name }) => code(name)))];
    return [changeEffects[effect], names.join(", ") || "none"];
  });
  return markdownTable(["What happens at the next `pulumi up`", "Fields"], rows.filter(([, names]) => names !== "none"));
}

interface Documented {
  name: string;
  effect: FieldDoc["changes"];
}

/** Every field that holds a value itself, with what a change of it does; `hosts.<name>.` is left out of the names. */
function documented(schema: z.ZodType, path: string): Documented[] {
  const { schema: bare, doc } = unwrap(schema);
  const own = doc === undefined || path === "" ? [] : [{ name: path.replace(/^hosts\.<name>\./, ""), effect: doc.changes }];
  if (bare instanceof z.ZodRecord && fieldsOf(bare.def.valueType as z.ZodType)) return [...own, ...documented(bare.def.valueType as z.ZodType, `${path}.<name>`)];
  const options = bare instanceof z.ZodDiscriminatedUnion ? kindsOf(bare).map((each) => each.schema) : bare instanceof z.ZodObject ? [bare] : [];
  if (options.length === 0 || path === "defaults") return own;
  const below = options.flatMap((option) => Object.entries(option.shape as Record<string, z.ZodType>).filter(([key, child]) => key !== "kind" && fieldDocs.has(child) || unwrap(child).doc !== undefined));
  // A group of fields says nothing of its own: its members do.
  return [...(/^(hosts|machine)$/.test(own[0]?.name ?? "") ? own : []), ...below.flatMap(([key, child]) => documented(child, path === "" ? key : `${path}.${key}`))];
}
