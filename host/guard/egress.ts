import { readFileSync } from "node:fs";
import { API_DOOR, DOORS_IN_CONTAINER, doorsOf, GIT_DOOR, HELLO_OFFSET, HELLO_UNIT, WEB_DOOR, webPortOf, type Door } from "../../contract/egress.ts";
import type { GuardPolicy, GuardRole } from "../../contract/policy.ts";
import type { Mount } from "./mounts.ts";
import { Refusal } from "./refusal.ts";

/** Says whether somebody listens: on a socket's path, or on a port of the host's loopback. */
export interface DoorWorld {
  readonly socket: (path: string) => boolean;
  readonly port: (port: number) => boolean;
}

/** What a container gets for its way out. */
export interface Egress {
  readonly mounts: readonly Mount[];
  /** Before the caller's own variables: those may say otherwise. */
  readonly defaults: readonly string[];
  /** After the caller's own variables: these hold. */
  readonly fixed: readonly string[];
}

/** Programs that bring certificates of their own look here: Node, OpenSSL's users, git, Python's requests, pip. */
const certificateVariables = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "GIT_SSL_CAINFO", "REQUESTS_CA_BUNDLE", "PIP_CERT"];

/** Mounts and variables by a role's network. */
export function egressOf(policy: GuardPolicy, role: GuardRole): Egress {
  const { caBundle, directory } = policy.egress;
  const certificates = role.network === "none" ? [] : [{ source: caBundle, target: caBundle, write: false }];
  const defaults = certificates.length === 0 ? [] : certificateVariables.map((name) => `--env=${name}=${caBundle}`);
  const doors = doorsOf(role.network, role.gitRepositories);
  if (doors.length === 0) return { mounts: certificates, defaults, fixed: [] };
  return {
    mounts: [...certificates, { source: `${directory}/${role.name}`, target: DOORS_IN_CONTAINER, write: false }],
    defaults,
    fixed: [...apiVariables(policy), ...(doors.includes(WEB_DOOR) ? webVariables() : []), ...gitVariables(role.gitRepositories)].map((text) => `--env=${text}`),
  };
}

function apiVariables(policy: GuardPolicy): string[] {
  return [`ANTHROPIC_BASE_URL=${inContainer(API_DOOR)}`, `${policy.egress.credential}=placeholder`, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "DISABLE_AUTOUPDATER=1"];
}

/** Both spellings, because curl takes http_proxy in small letters alone, and others only the large ones. */
function webVariables(): string[] {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];
  return [...names.map((name) => `${name}=${inContainer(WEB_DOOR)}`), "NO_PROXY=127.0.0.1,localhost", "no_proxy=127.0.0.1,localhost", "NODE_USE_ENV_PROXY=1"];
}

/** git's configuration by environment: it asks at the door for these repositories, and for no others. */
function gitVariables(repositories: readonly string[]): string[] {
  const settings = repositories.map((repository, index) => [`GIT_CONFIG_KEY_${index}=url.${inContainer(GIT_DOOR)}/${repository}.insteadOf`, `GIT_CONFIG_VALUE_${index}=https://${repository}`]);
  return repositories.length === 0 ? [] : [`GIT_CONFIG_COUNT=${repositories.length}`, ...settings.flat()];
}

function inContainer({ port }: Door): string {
  return `http://127.0.0.1:${port}`;
}

/** What stands for a secret of this name in a container of this role; undefined = the secret itself, in mode `open` alone. */
export function secretReplacement(role: GuardRole, name: string): string | undefined {
  if (name === "ANTHROPIC_BASE_URL" && doorsOf(role.network, []).includes(API_DOOR)) return inContainer(API_DOOR);
  return role.network !== "open" || role.placeholders.includes(name) ? "placeholder" : undefined;
}

/** Refuses a run whose way out is shut: it would fail later, slower, and without a word of why. @throws Refusal */
export function checkDoors(policy: GuardPolicy, role: GuardRole, world: DoorWorld): void {
  for (const door of doorsOf(role.network, role.gitRepositories)) {
    const path = `${policy.egress.directory}/${role.name}/${door.socket}`;
    const unit = shutBy(door, path, webPortOf(role.name, policy.roles.map(({ name }) => name)), world);
    if (unit === undefined) continue;
    throw new Refusal("egress", unit, "to be running, because it is this role's way out", `nobody who listens behind ${path}`, `it restarts by itself within seconds; if not: \`systemctl status ${unit}\` on the host, then \`pulumi up\``);
  }
}

/** The unit because of which a door leads nowhere; undefined when it is open. Behind squid there is a second one. */
function shutBy(door: Door, path: string, port: number, world: DoorWorld): string | undefined {
  if (!world.socket(path)) return door.unit;
  if (door !== WEB_DOOR) return undefined;
  if (!world.port(port)) return door.unit;
  return world.port(port + HELLO_OFFSET) ? undefined : HELLO_UNIT;
}

/** The kernel's own lists: no connection is made, so nothing waits. */
export const hostDoors: DoorWorld = {
  // "… Flags Type St Inode Path": the flag 00010000 is a listening socket's.
  socket: (path) => readFileSync("/proc/net/unix", "utf8").split("\n").some((line) => line.endsWith(` ${path}`) && line.split(/\s+/)[3] === "00010000"),
  // "sl local_address rem_address st": 0A is LISTEN, and 0100007F is 127.0.0.1.
  port: (port) => new RegExp(`^\\s*\\d+: 0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} \\S+ 0A `, "m").test(readFileSync("/proc/net/tcp", "utf8")),
};
