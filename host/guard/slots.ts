import type { GuardPolicy } from "../../contract/policy.ts";

/** A place in the container that NanoClaw mounts, and what may lie there. */
export interface Slot {
  readonly target: string;
  /** Relative to the project root ("" = the root itself), with `{folder}`, `{group}` and `{session}` for names; or /dev/null. */
  readonly source: string;
  /** May it be written? `global`: by the role; `source`: by the policy's agentSource; absent: never. */
  readonly write?: true | "global" | "source";
  /** Only for roles that may see the project root. */
  readonly project?: true;
  /** The group's own folder. */
  readonly workspace?: true;
  /** Lies where the agent itself may write: a copy of what it holds is mounted. */
  readonly snapshot?: true;
  /** NanoClaw's code, which may be a symbolic link into the release. State never is. */
  readonly code?: true;
}

/** The mounts of NanoClaw 1.1, 1.2, 2 and the fork (CONTRACTS 1), as one table: they agree where they overlap. */
export const SLOTS: readonly Slot[] = [
  { target: "/workspace/project", source: "", project: true },
  { target: "/workspace/project/.env", source: "/dev/null", project: true },
  // 1.2.53 asks for this one for writing: the message database of all groups. It gets it for reading.
  { target: "/workspace/project/store", source: "store", project: true },
  { target: "/workspace/group", source: "groups/{folder}", write: true, workspace: true },
  { target: "/workspace/global", source: "groups/global", write: "global" },
  { target: "/home/node/.claude", source: "data/sessions/{folder}/.claude", write: true },
  { target: "/workspace/ipc", source: "data/ipc/{folder}", write: true },
  { target: "/app/src", source: "data/sessions/{folder}/agent-runner-src", write: "source" },
  { target: "/workspace/mcp-servers", source: "mcp-servers", code: true },
  // v2
  { target: "/workspace", source: "data/v2-sessions/{group}/{session}", write: true },
  { target: "/workspace/agent", source: "groups/{folder}", write: true, workspace: true },
  { target: "/workspace/agent/container.json", source: "groups/{folder}/container.json", snapshot: true },
  { target: "/workspace/agent/CLAUDE.md", source: "groups/{folder}/CLAUDE.md", snapshot: true },
  { target: "/workspace/agent/.claude-fragments", source: "groups/{folder}/.claude-fragments", snapshot: true },
  { target: "/home/node/.claude", source: "data/v2-sessions/{group}/.claude-shared", write: true },
  { target: "/app/CLAUDE.md", source: "container/CLAUDE.md", code: true },
  { target: "/app/src", source: "container/agent-runner/src", code: true },
  { target: "/app/skills", source: "container/skills", code: true },
];

/** Where OneCLI's SDK (NanoClaw 1.2 and 2) leaves its certificates on the host, and where they go in the container. */
export const CERTIFICATE_SOURCE = /^\/(var\/)?tmp\/onecli-[a-z0-9-]+\.pem$/;
export const CERTIFICATE_TARGET = /^\/tmp\/onecli-[a-z0-9-]+\.pem$/;

const NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}";

const patterns = new Map<Slot, RegExp>();

/** The names in a mount's source when it is this slot, or undefined when it is not. `folder` is never `global`. */
export function captures(policy: GuardPolicy, slot: Slot, mount: { source: string; target: string }): Record<string, string> | undefined {
  if (mount.target !== slot.target) return undefined;
  if (slot.source === "/dev/null") return mount.source === "/dev/null" ? {} : undefined;
  if (slot.source === "") return mount.source === policy.root ? {} : undefined;
  if (!mount.source.startsWith(`${policy.root}/`)) return undefined;
  let pattern = patterns.get(slot);
  if (pattern === undefined) {
    const escaped = slot.source.replaceAll(".", "\\.").replace(/\{(\w+)\}/g, (_, key: string) => `(?<${key}>${key === "folder" ? "(?!global(?:/|$))" : ""}${NAME})`);
    pattern = new RegExp(`^${escaped}$`);
    patterns.set(slot, pattern);
  }
  const found = pattern.exec(mount.source.slice(policy.root.length + 1));
  return found === null ? undefined : { ...found.groups };
}
