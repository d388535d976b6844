/**
 * How agents reach the world: the modes, and where the doors are. A door is a unix socket of the host that is mounted
 * into a container without a network; a forwarder in the image gives it a port of the container's own loopback.
 */

/**
 * `open`: a network of its own with a way out. `allowlist`: no network, the credential proxy and listed domains.
 * `api-only`: no network, the credential proxy. `none`: no network and no door, not even to the model.
 */
export const EGRESS_MODES = ["open", "allowlist", "api-only", "none"] as const;
export type EgressMode = (typeof EGRESS_MODES)[number];

/** What an agent's program sends as its credential; the credential proxy replaces it. */
export type CredentialName = "ANTHROPIC_API_KEY" | "CLAUDE_CODE_OAUTH_TOKEN";

/** Directory of the doors on the host, one directory for each role in it. */
export const DOORS_DIRECTORY = "/run/nanoclaw-egress";
/** Where a role's directory is mounted in its containers. */
export const DOORS_IN_CONTAINER = "/run/egress";
/** The certificates that the host trusts; containers trust the same. */
export const CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt";
/** The role of image builds: no group has it. */
export const BUILD_ROLE = "build";

/** A door: the socket's name in the role's directory, and the port of the container's loopback that leads to it. */
export interface Door {
  readonly socket: string;
  readonly port: number;
  /** The unit to look at when it is shut. */
  readonly unit: string;
}

/** nginx: adds the real credential, talks to the model's API and nothing else. */
export const API_DOOR: Door = { socket: "api.sock", port: 8088, unit: "nanoclaw-gateway.service" };
/** nginx: adds a token, talks to the listed git repositories and nothing else. */
export const GIT_DOOR: Door = { socket: "git.sock", port: 8089, unit: "nanoclaw-gateway.service" };
/** squid: listed domains. */
export const WEB_DOOR: Door = { socket: "web.sock", port: 3128, unit: "nanoclaw-web.service" };

/** The doors that a role of this mode has. */
export function doorsOf(mode: EgressMode, gitRepositories: readonly string[]): readonly Door[] {
  if (mode === "open" || mode === "none") return [];
  return [API_DOOR, ...(mode === "allowlist" ? [WEB_DOOR] : []), ...(gitRepositories.length > 0 ? [GIT_DOOR] : [])];
}

/** How much each mode lets through: a smaller number is weaker. */
export function strictness(mode: EgressMode): number {
  return EGRESS_MODES.indexOf(mode);
}

/** A stack's choice for one host; what is absent follows from the profile. */
export interface EgressChoice {
  readonly mode?: EgressMode | undefined;
  /** By role. */
  readonly roles?: Readonly<Record<string, { readonly mode?: EgressMode | undefined }>>;
  /** Repositories such as `github.com/owner/name` that roles reach with a token that they do not see. */
  readonly git?: readonly { readonly repositories: readonly string[]; readonly roles: readonly string[] }[];
  /** Which credential the proxy adds. */
  readonly credential?: CredentialName;
}

/** The mode of a role: its own, else the host's, else what the profile says. */
export function modeOf(choice: EgressChoice, role: string, byProfile: EgressMode): EgressMode {
  return choice.roles?.[role]?.mode ?? choice.mode ?? byProfile;
}

/** The repositories of a role. */
export function gitRepositoriesOf(choice: EgressChoice, role: string): string[] {
  return [...new Set((choice.git ?? []).filter(({ roles }) => roles.includes(role)).flatMap(({ repositories }) => repositories))].sort();
}

/** From squid's port for a role to that of the second squid, which all of the role's TLS goes through. */
export const HELLO_OFFSET = 64;
/** The unit of the second squid. */
export const HELLO_UNIT = "nanoclaw-hello.service";

/** Places of the ports: of the roles that every host has, of image builds, and in between 29 for roles that a policy adds. */
const standardPlaces: Readonly<Record<string, number>> = { main: 0, trusted: 1, untrusted: 2, [BUILD_ROLE]: 32 };
const addedPlaces = { first: 3, count: 29 };

/**
 * Where squid listens for a role, on the host's loopback: the socket of the role leads there. It follows from the role's
 * name, so that a role more or less does not move the others and cut their agents off; only two names that want one
 * place depend on each other. `roles` are all names of the policy (at most 32), `role` among them.
 */
export function webPortOf(role: string, roles: readonly string[]): number {
  const places = new Map<string, number>(Object.entries(standardPlaces));
  for (const name of [...roles].sort()) {
    if (places.has(name)) continue;
    let place = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65_521, 7) % addedPlaces.count;
    while ([...places.values()].includes(addedPlaces.first + place)) place = (place + 1) % addedPlaces.count;
    places.set(name, addedPlaces.first + place);
  }
  return 13128 + (places.get(role) ?? 0);
}
