/**
 * What the operator sends to each host step, as one JSON object on stdin.
 * The host reads it with jq (`host/lib`), the operator builds it in `components/`.
 * Secrets appear only here: never in argv, environment or what a step prints.
 */

import type { EgressMode } from "./egress.ts";
import type { Hardening } from "./policy.ts";

/** Caps of one systemd unit or slice. */
export interface Caps {
  /** systemd `MemoryMax=`, in bytes. */
  memoryMaxBytes: number;
  /** systemd `CPUQuota=`, in percent of one CPU (200 = two CPUs). */
  cpuQuotaPercent: number;
  /** systemd `TasksMax=`, processes and threads. */
  tasksMax: number;
}

/** Where the host's own packages and trust come from; in each step that may download before the `podman` step is done. */
export interface HostSources {
  /** PEM certificates (one or more, concatenated) that the host trusts besides its distribution's, or null. */
  trustedCaCertificates: string | null;
  /** Base URL of a Debian/Ubuntu mirror that replaces the host's own sources, or null. */
  aptMirror: string | null;
}

/** An archive brought to the host by the operator, beside the host bundle. */
export interface UploadedArchive {
  /** Path on the host, relative to the login user's home or absolute. */
  path: string;
  /** SHA-256 of the file, lower-case hex; the step refuses anything else. */
  sha256: string;
}

/** Settings of the `podman` step. */
export interface PodmanSettings extends HostSources {
  /** The user slice that holds every agent container. */
  agentsSlice: Caps;
  /** The user slice that holds image builds. */
  buildSlice: Caps;
  /** State volume: a block device (by-id path) or label to mount on /var/lib/nanoclaw; null = a directory on the root disk. */
  stateDevice: string | null;
}

/** Settings of the `node` step. */
export interface NodeSettings extends HostSources {
  /** Exact version, such as "22.22.0". */
  version: string;
  /** SHA-256 of the official `node-v<version>-linux-<arch>.tar.xz` by architecture (as `uname -m` prints it). */
  sha256: Record<string, string>;
  /** Where from: `auto` tries the official site, then the npm registry, and prints its choice. */
  source: "auto" | "official" | "npm";
  /** Base URL of the official downloads or of a mirror of them. */
  distUrl: string;
  /** npm registry URL. */
  npmRegistry: string;
  /** npm's `integrity` (sha512-…) of the package that carries the binary, by architecture. */
  npmIntegrity: Record<string, string>;
  /** The npm command line, which that package lacks: version and npm's `integrity` of the package `npm`. */
  npmCli: { version: string; integrity: string };
}

/** A server of `sources` on a port of its own. */
export interface WebMirror {
  host: string;
  /** 1..65535 */
  port: number;
}

/** One role's doors. */
export interface EgressRoleSettings {
  /** The role's name in the guard's policy, or `build` for image builds. */
  name: string;
  /** True: it reaches the model through the credential proxy. */
  api: boolean;
  /** Its allowlist and the port of the host's loopback that squid has for it; null = no door to the web. */
  web: { port: number; domains: string[]; mirrors: WebMirror[] } | null;
  /** Such as `github.com/owner/name`. */
  gitRepositories: string[];
}

/** Settings of the `egress` step. */
export interface EgressSettings {
  roles: EgressRoleSettings[];
  /** The model's API: `authority` is what the Host header says, `path` what stands before /v1/messages ("" = nothing). */
  upstream: { scheme: "https" | "http"; host: string; authority: string; port: number; path: string };
  /** Secret. What the credential proxy adds. */
  credential: { kind: "apiKey" | "oauthToken"; value: string };
  /** Secret. Tokens by git host. */
  gitTokens: Record<string, string>;
  /** Limits of each role: requests a second (bursts of ten times as many pass), and requests at once. */
  requestsPerSecond: number;
  connections: number;
  /** Ports besides 443 for TLS. */
  connectPorts: number[];
  /** Private networks, as CIDR, that listed names may resolve to. */
  privateNetworks: string[];
  /** SHA-256 of `trustedCaCertificates`, null without: when they change, nginx must read the host's bundle again. */
  trusts: string | null;
}

/** Settings of the `guard` step: where the policy goes is fixed (/etc/nanoclaw/guard.json). */
export interface GuardSettings {
  /** The policy, valid by `contract/policy.ts`. */
  policy: unknown;
}

/** Settings of the `release` step. */
export interface ReleaseSettings {
  source: { kind: "git"; repository: string; commit: string } | ({ kind: "archive" } & UploadedArchive);
  npmRegistry: string;
}

/** What both steps that build images are told. */
interface ImageBuildSettings {
  npmRegistry: string;
  /** A socket of the host: all that a build fetches goes through this proxy and nothing else is reached; null = podman's own network. */
  door: string | null;
  /** Seconds after which a build is given up. */
  timeoutSeconds: number;
}

/** Settings of the `baseImage` step: the image that NanoClaw's Dockerfile starts from, by registry reference or from an OCI archive; `aptMirror` as in HostSources. */
export type BaseImageSettings = ImageBuildSettings & { aptMirror: string | null } & ({ kind: "registry"; reference: string } | ({ kind: "archive"; reference: string } & UploadedArchive));

/** What the `baseImage` step prints. */
export interface BaseImage {
  /** The base image with our tools, named by its content. */
  tag: string;
  /** What it was made from, in full. */
  reference: string;
}

/** Settings of the `agentImage` step. */
export interface AgentImageSettings extends ImageBuildSettings {
  base: BaseImage;
  /** The name that NanoClaw runs, such as "nanoclaw-agent:latest". */
  imageName: string;
  /** Built images kept besides the one in use, 0..20. */
  keepImages: number;
}

/** Settings of the `service` step. */
export interface ServiceSettings {
  /** The service's own caps (`nanoclaw.service.d/resources.conf`). */
  caps: Caps;
  /** N: MAX_CONCURRENT_CONTAINERS. */
  containers: number;
  /** Variables for the service, none of them secret; written to its environment and to NanoClaw's `.env`, for it reads some of them only there. */
  environment: Record<string, string>;
  /** Lines for NanoClaw's `.env`; secret. */
  secretEnvironment: Record<string, string>;
  /** File below /var/lib/nanoclaw whose existence means "paired"; null when the release needs no pairing. */
  pairedWhenExists: string | null;
  /** NanoClaw's mount-allowlist.json; null = none of the stack's, and NanoClaw allows no additional mount. */
  mountAllowlist: object | null;
  /** What is run with Node, relative to the release, such as "dist/index.js". */
  entryPoint: string;
}

/** A server that the allowlist proxy must let through: over TLS, or with plain http. */
export interface ListedServer {
  host: string;
  /** 1..65535 */
  port: number;
  tls: boolean;
}

/** What the smoke test must find of egress. */
export interface SmokeEgress {
  mode: EgressMode;
  /** The role's name, and a group's folder that has it. */
  role: string;
  folder: string;
  /** A server on the role's list by its exact name, and how it is asked; null when there is none. */
  listed: ListedServer | null;
  /** Host name of the model's API. */
  apiHost: string;
  /** True when some role has a network, this one or another: then the firewall must keep it from the metadata service. */
  someOpen: boolean;
}

/** Settings of the `smoke` step. */
export interface SmokeSettings {
  containers: number;
  agentsSlice: Caps;
  /** Limits of one container of an untrusted group. */
  container: Caps;
  serviceCaps: Caps;
  imageName: string;
  /** How the least trusted role reaches the world. */
  egress: SmokeEgress;
  /** The policy's switches, as the stack has them: what it has off is not proved. */
  hardening: Hardening;
  /** True when the image has a browser that agents use. */
  browser: boolean;
  /** Directories in a container that are memory, and the bound of each in bytes. */
  memoryFileSystems: { path: string; bytes: number }[];
  /** True when /app/src must be read-only: neither a copy, which ends with its container, nor the group's own. */
  agentSourceReadOnly: boolean;
  /** Paths below NanoClaw's root that main must not see. */
  projectShadows: string[];
  /** Names of secrets that an untrusted group's agent must not get. */
  foreignSecrets: string[];
  /** True when a block device must be mounted on /var/lib/nanoclaw. */
  stateOnVolume: boolean;
  /** Seconds that the agent may take for its reply. */
  replyTimeoutSeconds: number;
  /** The prompt that is sent, and a text that the reply must contain. */
  prompt: string;
  replyContains: string;
}
