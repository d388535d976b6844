import { createHash } from "node:crypto";
import { BUILD_ROLE, DOORS_DIRECTORY, WEB_DOOR, doorsOf, webPortOf, type EgressChoice } from "../contract/egress.ts";
import { DEFAULT_PRESETS, listedDomains, type PresetName } from "../contract/egressPresets.ts";
import type { GuardPolicy } from "../contract/policy.ts";
import type { EgressRoleSettings, EgressSettings, SmokeEgress, WebMirror } from "../contract/settings.ts";
import type { HostConfig } from "./config/types.ts";
import { standInApiUrl, type SharedConfig } from "./hostSettings.ts";

/** What the `egress` step is told, from the configuration and the guard's policy. Pure; the secrets are added in nanoclawHost.ts. */

/** Anthropic's own API. */
const officialApi = "https://api.anthropic.com";

/** True when some role of the policy has no network of its own: then it has doors, and image builds have theirs. */
export function needsDoors(policy: GuardPolicy): boolean {
  return policy.roles.some(({ network }) => network !== "open");
}

/** True when some role of the policy has a network, and so the real credential. */
export function hasOpenRole(policy: GuardPolicy): boolean {
  return policy.roles.some(({ network }) => network === "open");
}

/** Settings of the `egress` step, but for its secrets. Every container of N may have as many requests as Claude Code sends. */
export function egressSettings(host: HostConfig, stack: SharedConfig, policy: GuardPolicy): Omit<EgressSettings, "credential" | "gitTokens"> {
  const names = policy.roles.map(({ name }) => name);
  const roles = policy.roles.map((role): EgressRoleSettings => ({
    name: role.name,
    api: doorsOf(role.network, []).length > 0,
    web: role.network === "allowlist" ? webOf(webPortOf(role.name, names), listsOf(host.egress, role.name), stack) : null,
    gitRepositories: doorsOf(role.network, []).length > 0 ? role.gitRepositories : [],
  }));
  return {
    roles: [...roles, { name: BUILD_ROLE, api: false, web: webOf(webPortOf(BUILD_ROLE, names), { presets: ["build"], allow: [] }, stack), gitRepositories: [] }],
    upstream: upstreamOf(upstreamUrl(stack)),
    requestsPerSecond: 10 * host.containers,
    connections: 32 * host.containers,
    connectPorts: host.egress.connectPorts,
    privateNetworks: host.egress.privateNetworks,
    trusts: stack.trustedCaCertificates === null ? null : createHash("sha256").update(stack.trustedCaCertificates).digest("hex"),
  };
}

/** The socket through which image builds fetch, unless all roles are open. */
export const buildDoor = `${DOORS_DIRECTORY}/${BUILD_ROLE}/${WEB_DOOR.socket}`;

interface Lists {
  presets: readonly PresetName[];
  allow: readonly string[];
}

/** A role's lists, where it has its own, else the host's, else the default. */
function listsOf(egress: HostConfig["egress"], role: string): Lists {
  const own = Object.hasOwn(egress.roles, role) ? egress.roles[role]! : {};
  const { allow, presets } = own.allow !== undefined || own.presets !== undefined ? own : egress;
  return { allow: allow ?? [], presets: presets ?? (allow === undefined ? DEFAULT_PRESETS : []) };
}

function webOf(port: number, { presets, allow }: Lists, stack: SharedConfig): NonNullable<EgressRoleSettings["web"]> {
  const mirrors = mirrorsOf(presets, stack);
  return { port, domains: listedDomains(presets, [...allow, ...mirrors.map(({ host }) => host)]), mirrors: mirrors.filter(({ port }) => port !== 80 && port !== 443).map(({ host, port }) => ({ host, port })) };
}

/** The stack's own mirrors stand beside the official servers in the presets that they serve. */
function mirrorsOf(presets: readonly PresetName[], { sources }: SharedConfig): (WebMirror & { tls: boolean })[] {
  const serve: [string | undefined, readonly PresetName[]][] = [
    [sources.npmRegistry, ["npm", "build"]],
    [sources.nodeDistUrl, ["node", "build"]],
    [sources.aptMirror, ["debian", "ubuntu", "build"]],
  ];
  return serve.flatMap(([url, served]) => (url === undefined || !served.some((name) => presets.includes(name)) ? [] : [mirrorAt(new URL(url))]));
}

function mirrorAt(url: URL): WebMirror & { tls: boolean } {
  return { host: url.hostname, port: portOf(url), tls: url.protocol === "https:" };
}

function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

/** `localhost` is 127.0.0.1 here, because nginx would ask a name server for it. */
function upstreamOf(text: string): EgressSettings["upstream"] {
  const url = new URL(text);
  const host = url.hostname === "localhost" ? "127.0.0.1" : url.hostname;
  return { scheme: url.protocol === "https:" ? "https" : "http", host, authority: url.host, port: portOf(url), path: url.pathname.replace(/\/+$/, "") };
}

/** What the smoke test looks for: the least trusted role's mode, and a domain that must answer. */
export function smokeEgress({ egress }: HostConfig, stack: SharedConfig, policy: GuardPolicy): SmokeEgress {
  const { name: role, network: mode } = policy.roles.at(-1)!;
  const { presets, allow } = listsOf(egress, role);
  const mirrors = mirrorsOf(presets, stack);
  // What the user names first, then the stack's own mirrors, which its network surely reaches, each on its own port.
  const names = [...allow, ...mirrors.map((mirror) => mirror.host), ...listedDomains(presets, [])];
  const host = names.find((name) => !name.startsWith("."))?.toLowerCase();
  const mirror = mirrors.find((one) => one.host === host);
  const listed = host === undefined || mode !== "allowlist" ? null : { host, port: mirror?.port ?? 443, tls: mirror?.tls ?? true };
  return { mode, role, folder: "smoke", listed, apiHost: upstreamOf(upstreamUrl(stack)).host, someOpen: hasOpenRole(policy) };
}

function upstreamUrl(stack: SharedConfig): string {
  return stack.standIns.messagesApi ? standInApiUrl : (stack.anthropic.baseUrl ?? officialApi);
}

/** A host's choice of egress, in the words of the policy. `credential` is the name of the one that is set. */
export function egressChoice(egress: HostConfig["egress"], credential: EgressChoice["credential"]): EgressChoice {
  const git = egress.git.map(({ host, repositories, roles }) => ({ repositories: repositories.map((path) => `${host.toLowerCase()}/${path}`), roles }));
  return { mode: egress.mode, roles: egress.roles, git, ...(credential === undefined ? {} : { credential }) };
}
