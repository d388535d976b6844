// Part of the stand-in for the `command` plugin: what each resource type takes, checks and compares.
import { asAsset, hasUnknown, plain, same, secret } from "./values.ts";
import type { Properties } from "./values.ts";

/** A field that is wrong, as Pulumi shows it. */
export interface Failure {
  property: string;
  reason: string;
}

/** What a resource type of this plugin looks like. */
export interface ResourceType {
  inputs: readonly string[];
  required: readonly string[];
  /** Outputs that running a command gives. */
  outputs: readonly string[];
}

const COMMAND = ["create", "update", "delete", "triggers", "stdin", "logging", "environment", "addPreviousOutputInEnv"];

/** The resource types by Pulumi's token. */
export const RESOURCES: Record<string, ResourceType> = {
  "command:remote:Command": { inputs: [...COMMAND, "connection"], required: ["connection"], outputs: ["stdout", "stderr"] },
  "command:local:Command": {
    inputs: [...COMMAND, "interpreter", "dir", "assetPaths", "archivePaths"],
    required: [],
    outputs: ["stdout", "stderr", "assets", "archive"],
  },
  "command:remote:CopyToRemote": {
    inputs: ["connection", "triggers", "source", "remotePath"],
    required: ["connection", "source", "remotePath"],
    outputs: [],
  },
};

const CONNECTION_DEFAULTS = { user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 };
const LOGGING = ["stdout", "stderr", "stdoutAndStderr", "none"];

/** Fills in defaults, marks the connection secret, and names every field that is wrong. */
export function check(type: string, given: Properties): { inputs: Properties; failures: Failure[] } {
  const failures: Failure[] = [];
  const inputs = { ...given };
  for (const field of RESOURCES[type]!.required) {
    if (inputs[field] === undefined || inputs[field] === null) failures.push({ property: field, reason: "missing required field" });
  }
  const connection = plain(inputs["connection"]) as Properties | undefined;
  if (connection && typeof connection === "object") {
    const proxy = connection["proxy"] as Properties | undefined;
    const filled = { ...CONNECTION_DEFAULTS, ...connection, ...(proxy ? { proxy: { ...CONNECTION_DEFAULTS, ...proxy } } : {}) };
    if (!connection["host"]) failures.push({ property: "connection.host", reason: "missing required field" });
    if (proxy && !proxy["host"]) failures.push({ property: "connection.proxy.host", reason: "missing required field" });
    inputs["connection"] = secret(filled);
  }
  const logging = plain(inputs["logging"]);
  if (typeof logging === "string" && !hasUnknown(logging) && !LOGGING.includes(logging)) {
    failures.push({ property: "logging", reason: `wanted one of ${LOGGING.join(", ")}; got "${logging}"` });
  }
  if (type === "command:remote:CopyToRemote") failures.push(...checkSource(plain(inputs["source"])));
  return { inputs, failures };
}

function checkSource(source: unknown): Failure[] {
  if (source === undefined || source === null || hasUnknown(source)) return [];
  const asset = asAsset(source);
  if (!asset) return [{ property: "asset", reason: "either asset or archive must be set" }];
  if (asset.kind === "archive" && !asset.path) return [{ property: "archive", reason: "archive must be a path to a file or directory" }];
  if (asset.kind === "asset" && !asset.path && asset.text === undefined) {
    return [{ property: "asset", reason: "asset must be a path-based file asset or a text asset" }];
  }
  return [];
}

/** How the inputs differ: each field with what happened to it; a changed trigger replaces, everything else updates. */
export function diff(type: string, olds: Properties, news: Properties): Record<string, "add" | "delete" | "update"> {
  const changed: Record<string, "add" | "delete" | "update"> = {};
  for (const field of RESOURCES[type]!.inputs) {
    const [old, now] = [olds[field] ?? undefined, news[field] ?? undefined];
    if (same(old, now)) continue;
    changed[field] = old === undefined ? "add" : now === undefined ? "delete" : "update";
  }
  return changed;
}
