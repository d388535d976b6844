import type { GuardPolicy } from "../../contract/policy.ts";
import { CONTAINER_NAME } from "./commands.ts";
import { flag, type Call } from "./grammar.ts";
import { imageReference, ownContainer } from "./names.ts";
import { Refusal } from "./refusal.ts";
import { inside } from "../../contract/mountRules.ts";
import { realRoot, releasePath } from "./mounts.ts";
import type { MountWorld } from "./mountWorld.ts";

/** A call that podman answers; with `answer`, the guard makes the output from what podman printed. */
export interface QueryPlan {
  readonly argv: readonly string[];
  readonly answer?: (output: string) => string;
}

/** Decides about everything but `run`: only this install's containers are seen and touched. @throws Refusal */
export function planQuery(call: Call, policy: GuardPolicy, directory: string, world: MountWorld): QueryPlan {
  const format = flag(call, "format");
  const shown = [...on(call, "all"), ...on(call, "quiet"), ...on(call, "no-trunc"), ...each(call, "filter"), ...(format === undefined ? [] : [`--format=${format}`])];
  const own = call.operands.map((name) => (["stop", "kill", "rm", "logs"].includes(call.command) ? ownContainer(policy, name) : name));
  switch (call.command) {
    case "ps":
      return { argv: ["ps", ...installFilter(policy), ...shown] };
    case "ls":
      return { argv: ["ps", ...installFilter(policy), ...on(call, "all"), "--format=json"], answer: format === "json" ? listingJson : listingTable };
    case "stop": {
      const signal = flag(call, "signal");
      // podman's stop has no --signal. With KILL nothing is left to wait for, so that it is a kill.
      if (signal !== undefined && !/^((SIG)?TERM|15)$/.test(signal)) return { argv: ["kill", `--signal=${signal}`, ...own] };
      return { argv: ["stop", ...(call.flags.has("time") ? [`--time=${flag(call, "time")}`] : []), ...own] };
    }
    case "kill":
      return { argv: ["kill", ...(call.flags.has("signal") ? [`--signal=${flag(call, "signal")}`] : []), ...own] };
    case "rm":
      return { argv: ["rm", ...on(call, "force"), ...own] };
    case "logs":
      return { argv: ["logs", ...on(call, "follow"), ...on(call, "timestamps"), ...each(call, "tail"), ...each(call, "since"), ...own] };
    case "inspect":
    case "image inspect":
      return { argv: inspect(call, policy) };
    case "images":
      return { argv: ["images", ...shown, ...call.operands.map((name) => plainWord(name))] };
    case "build":
      return { argv: build(call, policy, directory, world) };
    case "--version":
      return { argv: ["--version"] };
    default:
      return { argv: [call.command, ...shown] }; // version, info
  }
}

function installFilter(policy: GuardPolicy): string[] {
  return [`--filter=label=podman-nanoclaw-runtime.install=${policy.install}`];
}

function on(call: Call, long: string): string[] {
  return call.flags.has(long) ? [`--${long}`] : [];
}

function each(call: Call, long: string): string[] {
  return (call.flags.get(long) ?? []).map((value) => `--${long}=${value}`);
}

/** A container by name, or one of the policy's images. Nothing else on the host is shown. */
function inspect(call: Call, policy: GuardPolicy): string[] {
  const type = call.command === "image inspect" ? "image" : (flag(call, "type") ?? (call.operands.every((name) => CONTAINER_NAME.test(name) && !policy.images.some((image) => image.startsWith(name))) ? "container" : "image"));
  const names = call.operands.map((name) => (type === "image" ? imageReference(policy, name) : ownContainer(policy, name)));
  return ["inspect", `--type=${type}`, ...each(call, "format"), ...names];
}

function plainWord(text: string): string {
  if (!/^[a-z0-9][A-Za-z0-9._/:-]{0,200}$/.test(text)) throw new Refusal("operands", "images", "an image's name", text, "leave it out to see all");
  return text;
}

/** A build of NanoClaw's own image, from NanoClaw's own directories. */
function build(call: Call, policy: GuardPolicy, directory: string, world: MountWorld): string[] {
  const tag = flag(call, "tag");
  if (tag === undefined) throw new Refusal("image", "--tag", policy.images.join(" or "), "no name", "give the image's name with -t");
  const places = [releasePath(policy, world), `${realRoot(policy, world)}/data`, `${realRoot(policy, world)}/container`].filter((place) => place !== undefined);
  const own = (path: string): string => {
    const absolute = path.startsWith("/") ? path : `${directory}/${path}`;
    const found = ((): ReturnType<MountWorld["resolve"]> => {
      try {
        return world.resolve(absolute);
      } catch (error) {
        throw new Refusal("build-context", "docker build", "a directory that exists", `${path} (${(error as NodeJS.ErrnoException).code})`, "make it first");
      }
    })();
    if (!places.some((place) => inside(found.path, place))) throw new Refusal("build-context", "docker build", `a path in ${places.join(" or ")}`, found.path, "build NanoClaw's own image; others are built with podman itself");
    return found.path;
  };
  const file = flag(call, "file");
  return [
    "build",
    `--tag=${imageReference(policy, tag)}`,
    ...(file === undefined ? [] : [`--file=${own(file)}`]),
    ...each(call, "build-arg"),
    ...on(call, "no-cache"),
    ...on(call, "quiet"),
    `--network=${policy.build.network === "none" ? "none" : "private"}`,
    `--memory=${policy.build.memoryBytes}`,
    `--memory-swap=${policy.build.memoryBytes}`,
    `--cgroup-parent=${policy.buildSlice}`,
    own(call.operands[0]!),
  ];
}

/** Apple Container's `ls --format json`, as the fork reads it (CONTRACTS, point 2). */
function listingJson(output: string): string {
  return `${JSON.stringify(containersIn(output))}\n`;
}

/** Apple Container's `ls`: a table whose first column is the name. */
function listingTable(output: string): string {
  return ["ID  STATE", ...containersIn(output).map(({ id, status }) => `${id}  ${status}`), ""].join("\n");
}

function containersIn(output: string): { id: string; status: string }[] {
  const containers = JSON.parse(output.trim() === "" ? "[]" : output) as { Names?: string[]; State?: string }[] | null;
  return (containers ?? []).map(({ Names, State }) => ({ id: Names?.[0] ?? "", status: State === "running" ? "running" : "stopped" }));
}
