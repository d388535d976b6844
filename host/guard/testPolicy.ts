import { guardPolicy, type GuardPolicyArgs } from "../../contract/profiles.ts";
import type { GuardPolicy } from "../../contract/policy.ts";
import { decide, type Decision } from "./check.ts";
import { parsePolicy } from "./policyFile.ts";
import { Refusal } from "./refusal.ts";

/** For the guard's tests: a policy, and NanoClaw's own command lines. Nothing else imports this. */

/** What a host's policy is made from, N = 2. */
export const ARGS: GuardPolicyArgs = {
  profile: "personal",
  containers: 2,
  limits: { memoryBytes: 2 ** 31, cpus: 2, pids: 256 },
  root: "/nonexistent/root",
  releases: null,
  image: "nanoclaw-agent:latest",
};

/** The policy of ARGS, with overrides. */
export function policyWith(overrides: NonNullable<GuardPolicyArgs["overrides"]> = {}, profile: GuardPolicyArgs["profile"] = "personal", root: string = ARGS.root): GuardPolicy {
  return guardPolicy({ ...ARGS, profile, root, overrides });
}

/** A policy in which every optional part has a value. */
export const fullPolicy = policyWith({ extraMounts: [{ path: "/srv/x", access: "ro", roles: ["main"] }], roles: { main: { limits: ARGS.limits } } });

/** Whether the guard takes a value for a policy; any other end than its refusal of a policy is thrown on. */
export function accepts(value: unknown): boolean {
  try {
    parsePolicy(JSON.stringify(value) ?? "", "policy");
    return true;
  } catch (error) {
    if (error instanceof Refusal && error.rule === "policy-invalid") return false;
    throw error;
  }
}

/** Every place in a value, as a list of keys. */
export function places(value: unknown, at: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [[...at]];
  return [[...at], ...Object.entries(value).flatMap(([key, one]) => places(one, [...at, key]))];
}

/** A decision as on a host whose directories all exist. */
export function decideOn(policy: GuardPolicy, argv: readonly string[], stdin = ""): Decision {
  return decide(policy, argv, () => stdin, 1500);
}

/** NanoClaw 1.1.6's mounts for a group. */
export function mountsOf(root: string, folder: string): string[] {
  const main = folder === "main" ? ["-v", `${root}:/workspace/project:ro`, "-v", "/dev/null:/workspace/project/.env:ro"] : [];
  const shared = folder === "main" ? [] : ["-v", `${root}/groups/global:/workspace/global:ro`];
  return [
    ...main,
    "-v", `${root}/groups/${folder}:/workspace/group`,
    ...shared,
    "-v", `${root}/data/sessions/${folder}/.claude:/home/node/.claude`,
    "-v", `${root}/data/ipc/${folder}:/workspace/ipc`,
    "-v", `${root}/data/sessions/${folder}/agent-runner-src:/app/src`,
  ];
}

/** NanoClaw 1.1.6's `docker run` for a group, with more flags before the image. */
export function runOf(folder: string, more: readonly string[] = [], root: string = ARGS.root): string[] {
  return ["run", "-i", "--rm", "--name", `nanoclaw-${folder}-1700000000000`, "-e", "TZ=UTC", "--user", "1500:1500", "-e", "HOME=/home/node", ...mountsOf(root, folder), ...more, "nanoclaw-agent:latest"];
}
