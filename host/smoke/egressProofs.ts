import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { dirname, join } from "node:path";
import { DOORS_DIRECTORY, DOORS_IN_CONTAINER } from "../../contract/egress.ts";
import type { SmokeSettings } from "../../contract/settings.ts";
import { prepareGroup } from "../agentRun/groupState.ts";
import { asService, stateRoot } from "../agentRun/serviceUser.ts";
import type { EgressProbeArgument, EgressProbeFacts } from "./egressFacts.ts";
import { experiment, type ProofContext, type ProofRow } from "./experiment.ts";

/** What a container of the least trusted role reaches, seen from inside, and what the host knows to compare it with. */
export interface EgressFacts {
  readonly probe: EgressProbeFacts;
  readonly asked: EgressProbeArgument;
  /** Inode numbers of the role's own sockets on the host. */
  readonly ownDoors: Readonly<Record<string, number>>;
  /** The real credential, to be found nowhere in the container; undefined when the host has none. */
  readonly credential: string | undefined;
  /** Whether the refused name is counted on the host. */
  readonly logged: boolean;
  /** What came of asking the metadata service: from an open container, or as the service user, whose packets theirs are. */
  readonly metadata: readonly string[];
  /** How often the firewall refused a packet to it, before and after. */
  readonly metadataRefusals: readonly [number, number];
}

/** No network at all: the kernel itself says that there is no way, at once, and no packet leaves. */
const noRoute = ["ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "EAI_AGAIN", "EINVAL"];
const metadata = ["169.254.169.254:80", "fd00:ec2::254:80"];
/** Addresses that are nobody's (RFC 5737, RFC 3849): for a public one, that nobody else's machine is ever asked. */
const nobodys = ["192.0.2.10:443", "198.51.100.10:443", "2001:db8::10:443"];

const closed = ({ egress }: SmokeSettings): boolean => egress.mode !== "open";
const hasApi = ({ egress }: SmokeSettings): boolean => egress.mode === "allowlist" || egress.mode === "api-only";
const hasWeb = ({ egress }: SmokeSettings): boolean => egress.mode === "allowlist";

/** The proofs of egress, for the mode of the least trusted role. */
export const egressRows: readonly ProofRow<EgressFacts>[] = [
  {
    name: "egress-no-network",
    asserts: "an untrusted agent has no network: no public address, LAN, host or metadata service",
    wanted: "only lo, and no route to any",
    remedy: "see `network` in /etc/nanoclaw/guard.json, and run `pulumi up`",
    applies: closed,
    judge: ({ probe }) => {
      const reached = Object.entries(probe.direct).filter(([, said]) => !noRoute.includes(said));
      const others = probe.interfaces.filter((name) => name !== "lo");
      return { ok: reached.length === 0 && others.length === 0, got: list([...others.map((name) => [name, "an interface"]), ...reached]) ?? `only lo, no route to ${Object.keys(probe.direct).length} addresses` };
    },
  },
  {
    name: "egress-no-dns",
    asserts: "its resolver knows no name",
    wanted: "an error",
    remedy: "see `network` in /etc/nanoclaw/guard.json, and run `pulumi up`",
    applies: closed,
    judge: ({ probe }) => ({ ok: /^E[A-Z_]+$/.test(probe.dns), got: probe.dns }),
  },
  {
    name: "egress-metadata-blocked",
    asserts: "the cloud's metadata service does not answer an agent that has a network, because the firewall refuses",
    wanted: "a refusal that the firewall counted",
    remedy: "see `systemctl status nanoclaw-imds`, and run `pulumi up`",
    applies: ({ egress }) => egress.someOpen,
    judge: ({ metadata: said, metadataRefusals: [before, after] }) => ({ ok: !said.includes("connected") && after > before, got: `${said.join(", ")}; ${after - before} refusals counted` }),
  },
  {
    name: "egress-own-doors",
    asserts: "it sees its own role's doors and no other role's, and they open",
    wanted: "the sockets of its role, and somebody behind each",
    remedy: "see `egress` in /etc/nanoclaw/guard.json, and run `pulumi up`",
    applies: closed,
    judge: ({ probe, ownDoors }) => {
      const foreign = Object.entries(probe.doors).filter(([name, inode]) => ownDoors[name] !== inode).map(([name]) => name);
      const missing = Object.keys(ownDoors).filter((name) => !(name in probe.doors));
      const wrong = [...foreign.map((name) => `${name} of another`), ...missing.map((name) => `no ${name}`), ...Object.entries(probe.opened).filter(([, said]) => said !== "connected").map(([name, said]) => `${name}: ${said}`)];
      return { ok: wrong.length === 0, got: wrong.join(", ") || Object.keys(probe.doors).join(", ") || "none" };
    },
  },
  {
    name: "egress-api",
    asserts: "the model's API answers through the credential proxy",
    wanted: "status 200",
    remedy: "401 or 403: `pulumi config set --secret anthropicApiKey`, then `pulumi up`; 502: see `journalctl -u nanoclaw-gateway` and `anthropic.baseUrl`",
    applies: hasApi,
    judge: ({ probe }) => ({ ok: probe.api === "200", got: apiSaid(probe.api) }),
  },
  {
    name: "egress-placeholder",
    asserts: "its environment holds a placeholder and not the credential",
    wanted: "placeholder",
    remedy: "see `egress.credential` in /etc/nanoclaw/guard.json, and run `pulumi up`",
    applies: hasApi,
    judge: ({ probe: { environment }, credential }) => {
      const held = ["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN"].flatMap((name) => (environment[name] === undefined ? [] : [environment[name] === "placeholder"]));
      const leaked = credential !== undefined && Object.values(environment).some((value) => value.includes(credential));
      return { ok: held.length > 0 && held.every(Boolean) && !leaked, got: leaked ? "the credential itself" : held.every(Boolean) && held.length > 0 ? "placeholder" : "something else (not shown)" };
    },
  },
  {
    name: "egress-allowed",
    asserts: "a listed domain answers through the allowlist proxy",
    wanted: ({ egress }) => egress.listed === null ? "an answer" : `${egress.listed.tls ? "TLS" : "http"} with ${egress.listed.host}:${egress.listed.port}`,
    remedy: "503: the host cannot resolve or reach it; another code: it does not trust its certificate: see `journalctl -u nanoclaw-web`, `trustedCaCertificates`, `egress.privateNetworks`",
    applies: ({ egress }) => egress.mode === "allowlist" && egress.listed !== null,
    judge: ({ probe }) => ({ ok: probe.listed === "TLS" || probe.listed === "http", got: probe.listed ?? "no door" }),
  },
  {
    name: "egress-refused",
    asserts: "the proxy refuses a name that is not listed, and every address, such as the host's and the metadata service's",
    wanted: "403 for each",
    remedy: "see /etc/nanoclaw/egress/squid.conf, and run `pulumi up`",
    applies: hasWeb,
    judge: ({ probe }) => {
      const passed = Object.entries(probe.refused).filter(([, said]) => said !== "403");
      return { ok: passed.length === 0 && Object.keys(probe.refused).length > 0, got: list(passed) ?? `403 for ${Object.keys(probe.refused).length}` };
    },
  },
  {
    name: "egress-logged",
    asserts: "what was refused is counted, by role",
    wanted: "the refused name among the counts",
    remedy: "see `journalctl -u nanoclaw-web` and /opt/nanoclaw/lib/egress-denied.sh",
    applies: hasWeb,
    judge: ({ logged }) => ({ ok: logged, got: logged ? "counted" : "not among them" }),
  },
];

/** What agents reach. */
export const egressProofs = experiment<EgressFacts>({ does: "looking at what an agent reaches", look: lookAtEgress, rows: egressRows });

function list(entries: readonly (readonly string[])[]): string | undefined {
  return entries.length === 0 ? undefined : entries.map(([target, said]) => `${target}: ${said}`).join(", ").slice(0, 300);
}

/** A status of the API in words. */
export function apiSaid(status: string | null): string {
  if (status === "401" || status === "403") return `credential refused by the API (${status})`;
  if (status === "502" || status === "504") return `nginx cannot reach the API (${status})`;
  return status === null ? "no door" : `status ${status}`;
}

async function lookAtEgress({ settings, user }: ProofContext): Promise<EgressFacts> {
  const { egress } = settings;
  const unlisted = `${randomBytes(8).toString("hex")}.nanoclaw-proof.invalid`;
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []).filter(({ internal, family }) => !internal && family === "IPv4");
  const gateway = /^default via (\S+)/m.exec(execFileSync("ip", ["-4", "route", "show", "default"], { encoding: "utf8" }))?.[1];
  const host = own.map(({ address }) => `${address}:22`);
  const asked: EgressProbeArgument = {
    // An agent with a network would reach the host and the LAN: nobody is asked for a proof that does not belong to the mode.
    direct: egress.mode === "open" ? metadata : [...nobodys, ...host, ...(gateway === undefined ? [] : [`${gateway}:53`]), ...metadata],
    // An address needs no resolver, and localhost stands in the container's own file.
    name: isIP(egress.apiHost) === 0 && egress.apiHost !== "localhost" ? egress.apiHost : (egress.listed?.host ?? "example.com"),
    doors: DOORS_IN_CONTAINER,
    unlisted: `${unlisted}:443`,
    refused: ["169.254.169.254:443", "127.0.0.1:443", "[::1]:443", "10.0.0.1:443", ...own.map(({ address }) => `${address}:443`)],
    listed: egress.listed,
  };
  const before = refusals();
  const probe = runProbe(user, settings, asked);
  const tried = metadata.map((target) => (egress.mode === "open" ? (probe.direct[target] ?? "not tried") : egress.someOpen ? askAsService(user, target) : "not tried"));
  return { probe, metadata: tried, asked, ownDoors: doorsOf(egress.role), credential: credential(), logged: hasWeb(settings) && counts().includes(unlisted), metadataRefusals: [before, refusals()] };
}

/** Runs the probe in a container of the smoke test's group, through the guard, as NanoClaw would. */
function runProbe(user: ProofContext["user"], { imageName, egress }: SmokeSettings, asked: EgressProbeArgument): EgressProbeFacts {
  const group = egress.folder;
  asService(user, process.execPath, [process.argv[1] ?? "", "egress-group", group]);
  const code = readFileSync(join(dirname(process.argv[1] ?? ""), "egressProbe.cjs"), "utf8");
  const args = ["run", "--rm", "--name", `nanoclaw-${group}-${Date.now()}`, "-v", `${stateRoot}/groups/${group}:/workspace/group`, "--entrypoint", "node", imageName, "-e", code, JSON.stringify(asked)];
  return JSON.parse(asService(user, "docker", args).trim().split("\n").at(-1) ?? "") as EgressProbeFacts;
}

/** The directories of a group, made as the service user. */
export function runGroupProcess(group: string): void {
  prepareGroup(stateRoot, group);
}

function doorsOf(role: string): Record<string, number> {
  const directory = `${DOORS_DIRECTORY}/${role}`;
  return Object.fromEntries(["api.sock", "git.sock", "web.sock"].flatMap((name) => (existsSync(`${directory}/${name}`) ? [[name, statSync(`${directory}/${name}`).ino]] : [])));
}

function credential(): string | undefined {
  try {
    return /^proxy_set_header (?:x-api-key "|Authorization "Bearer )([^"]+)";$/m.exec(readFileSync("/etc/nanoclaw/egress/secrets/api.conf", "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

function counts(): string {
  return execFileSync("/opt/nanoclaw/lib/egress-denied.sh", ["-10min"], { encoding: "utf8" });
}

/** A rootless container's packets start on the host as the service user's: the firewall must refuse its own as well. */
function askAsService(user: ProofContext["user"], target: string): string {
  const [host, port] = [target.slice(0, target.lastIndexOf(":")), target.slice(target.lastIndexOf(":") + 1)];
  try {
    asService(user, "curl", ["--silent", "--output", "/dev/null", "--noproxy", "*", "--max-time", "8", `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}/`]);
    return "connected";
  } catch {
    return "no connection";
  }
}

/** Packets that the firewall refused on their way to the metadata service. */
function refusals(): number {
  const text = execFileSync("nft", ["list", "table", "inet", "nanoclaw_imds"], { encoding: "utf8" });
  return [...text.matchAll(/counter packets (\d+)/g)].reduce((sum, [, packets]) => sum + Number(packets), 0);
}
