import type { ListedServer } from "../../contract/settings.ts";

/** What the probe in a container (host/egressProbe) is asked. Addresses are `host:port`, IPv6 without brackets. */
export interface EgressProbeArgument {
  /** Connections that it tries by itself. */
  readonly direct: readonly string[];
  /** A name that it asks its resolver for. */
  readonly name: string;
  /** Directory of its doors. */
  readonly doors: string;
  /** What it asks the allowlist proxy for and must not get: a name that nobody lists, and addresses. */
  readonly unlisted: string;
  readonly refused: readonly string[];
  /** A listed server, or null when none is listed by its exact name. */
  readonly listed: ListedServer | null;
}

/** What it saw. */
export interface EgressProbeFacts {
  readonly interfaces: readonly string[];
  /** By target: `connected`, or the error's code. */
  readonly direct: Readonly<Record<string, string>>;
  /** An address, or the error's code. */
  readonly dns: string;
  /** Sockets in its directory, with their inode numbers, which are the host's. */
  readonly doors: Readonly<Record<string, number>>;
  /** By door: `connected`, or the error's code. */
  readonly opened: Readonly<Record<string, string>>;
  /** By target: the proxy's status, or the error's code. */
  readonly refused: Readonly<Record<string, string>>;
  /** `TLS` or `http` when the listed server answered, or where it ended; null when it was not asked. */
  readonly listed: string | null;
  /** The API's status, or the error's code; null when there is no door to it. */
  readonly api: string | null;
  readonly environment: Readonly<Record<string, string>>;
}
