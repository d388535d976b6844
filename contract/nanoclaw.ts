import { hostVariables, type EnvironmentVariable } from "./nanoclawEnvironment.ts";

/**
 * The versions of NanoClaw that the runtime knows, as data: everything that differs between them stands here, and nothing
 * else in the code asks for a version. To add one, add a row (its facts come from that version's own sources).
 */

/** A bind mount of an agent container; paths of the host are below NanoClaw's root, `{group}` is the group's folder. */
export interface AgentMount {
  /** Relative to NanoClaw's root; absolute when it starts with "/". */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** Which groups get it. */
  readonly groups: "main" | "others" | "all";
  /** Mounted only when this path, relative to the root, exists. */
  readonly onlyIf?: string;
}

/** One version of NanoClaw. */
export interface NanoclawContract {
  /** As its package.json says. */
  readonly version: string;
  /** The commit that released it. */
  readonly commit: string;
  /** Major version of the Node it runs on (its .nvmrc): native modules pin the ABI. */
  readonly node: string;
  /** What Node runs, relative to the release. */
  readonly entryPoint: string;
  /** How it is paired with a chat network by default. */
  readonly pairing: "whatsapp" | "none";
  /** File below its root that exists once it is paired; null when there is no such thing. */
  readonly pairedWhenExists: string | null;
  /**
   * What pairs it, run with its Node in a directory in which it writes `pairedWhenExists` and all beside it; null = nothing.
   * `file` is relative to the release; without arguments it shows a QR code, with `withCode` a code for the number `{phone}`.
   */
  readonly pairingProgram: { readonly file: string; readonly withCode: readonly string[] } | null;
  /**
   * What makes a chat its main group, run with its Node in its root: `program` (files of the release) and then `list`, which
   * prints the chats, or `main`, for the chat `{jid}` and the assistant's name `{name}`; null = nothing.
   */
  readonly registration: { readonly program: readonly string[]; readonly list: readonly string[]; readonly main: readonly string[] } | null;
  readonly image: {
    /** The name that it runs. */
    readonly name: string;
    /** Relative to the release. */
    readonly dockerfile: string;
    /** Build context, relative to the release. */
    readonly context: string;
    /** What the Dockerfile's FROM names, in full. */
    readonly base: string;
  };
  /** Directories below its root that hold state; everything else is code. */
  readonly stateDirectories: readonly string[];
  /** Its databases, relative to its root, for backups. */
  readonly databases: readonly string[];
  /** Reads a group's session from the first of `databases`: one parameter, the folder; one column. */
  readonly sessionQuery: string;
  /** The folder of the group with more rights. */
  readonly mainFolder: string;
  /** Every container's name begins so. */
  readonly containerPrefix: string;
  /** In the order in which `docker run` gets them. */
  readonly mounts: readonly AgentMount[];
  /** Variables that its own process reads, but for secrets. */
  readonly environment: readonly EnvironmentVariable[];
  /** Names that it passes from `.env` to every agent on stdin. */
  readonly secrets: readonly string[];
  /** Seconds that a stopped container gets before it is killed; null = docker's own default. */
  readonly stopTimeoutSeconds: number | null;
}

const projectMount: AgentMount = { source: ".", target: "/workspace/project", readOnly: true, groups: "main" };
const envShadow: AgentMount = { source: "/dev/null", target: "/workspace/project/.env", readOnly: true, groups: "main", onlyIf: ".env" };
const groupMounts: readonly AgentMount[] = [
  { source: "groups/{group}", target: "/workspace/group", readOnly: false, groups: "all" },
  { source: "groups/global", target: "/workspace/global", readOnly: true, groups: "others", onlyIf: "groups/global" },
  { source: "data/sessions/{group}/.claude", target: "/home/node/.claude", readOnly: false, groups: "all" },
  { source: "data/ipc/{group}", target: "/workspace/ipc", readOnly: false, groups: "all" },
  { source: "data/sessions/{group}/agent-runner-src", target: "/app/src", readOnly: false, groups: "all" },
];

const version116: NanoclawContract = {
  version: "1.1.6",
  commit: "d92e1754ca7d2f56f3c1eae1c0c8ce57a3840761",
  node: "22",
  entryPoint: "dist/index.js",
  pairing: "whatsapp",
  pairedWhenExists: "store/auth/creds.json",
  pairingProgram: { file: "dist/whatsapp-auth.js", withCode: ["--pairing-code", "--phone", "{phone}"] },
  registration: {
    program: ["node_modules/tsx/dist/cli.mjs", "setup/index.ts"],
    list: ["--step", "groups", "--", "--list"],
    main: ["--step", "register", "--", "--jid", "{jid}", "--name", "main", "--trigger", "@{name}", "--folder", "main", "--no-trigger-required"],
  },
  image: { name: "nanoclaw-agent:latest", dockerfile: "container/Dockerfile", context: "container", base: "docker.io/library/node:22-slim" },
  stateDirectories: ["store", "data", "groups", "logs"],
  databases: ["store/messages.db"],
  sessionQuery: "SELECT session_id FROM sessions WHERE group_folder = ?",
  mainFolder: "main",
  containerPrefix: "nanoclaw-",
  mounts: [projectMount, envShadow, ...groupMounts],
  environment: hostVariables,
  secrets: ["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN"],
  stopTimeoutSeconds: null,
};

/** Newest first, so that the first is the default. */
const rows: readonly NanoclawContract[] = [
  version116,
  {
    ...version116,
    version: "1.1.3",
    commit: "da61a7ea7b32b7cbdd780a1a4ecc5b3a21d84036",
    mounts: [projectMount, ...groupMounts],
    secrets: ["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY"],
  },
];

/** The versions that have a row, the default first. */
export const knownVersions: readonly string[] = rows.map((row) => row.version);

/** The row of a version; undefined when there is none. */
export function findContract(version: string): NanoclawContract | undefined {
  return rows.find((row) => row.version === version);
}

/**
 * The row of a version.
 * @throws Error in four parts that lists the known versions
 */
export function nanoclawContract(version: string): NanoclawContract {
  const row = findContract(version);
  if (row === undefined) {
    throw new Error(
      `nanoclaw.version: wanted a known version (${knownVersions.join(", ")}); got ${JSON.stringify(version)}. ` +
        "Remedy: use one of them; another needs a row in contract/nanoclaw.ts first",
    );
  }
  return row;
}
