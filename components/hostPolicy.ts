import { mountPlan } from "../contract/mountAllowlist.ts";
import { findContract } from "../contract/nanoclaw.ts";
import type { GuardPolicyArgs } from "../contract/profiles.ts";
import type { HostConfig } from "./config/types.ts";
import type { HostSize } from "./sizing.ts";

/** From a host's configuration and size to what its guard's policy is made from. Pure. */

/** The service user's home on the host: what `~` means in NanoClaw's mount allowlist. */
export const serviceHome = "/home/nanoclaw";

/** What of a host's configuration the guard's policy follows from. */
export type PolicyConfig = Pick<HostConfig, "profile" | "policy" | "additionalMounts" | "mountAllowlist"> & { nanoclaw: { version: string } };

/** What the guard's policy is made from, with N's limits and the stack's overrides. */
export function hostPolicyArgs(host: PolicyConfig, { containers, container }: Pick<HostSize, "containers" | "container">): GuardPolicyArgs {
  const args: GuardPolicyArgs = {
    profile: host.profile,
    containers,
    limits: { memoryBytes: container.memoryMaxBytes, cpus: container.cpuQuotaPercent / 100, pids: container.tasksMax },
    root: "/var/lib/nanoclaw",
    releases: "/opt/nanoclaw/releases",
    // The row is there: the schema knows its versions. A wrong one has been reported, and the rest is still checked.
    image: findContract(host.nanoclaw.version)?.image.name ?? "nanoclaw-agent:latest",
    overrides: host.policy,
  };
  const { extraMounts } = hostMountPlan(host);
  const blockedPatterns = [...(host.policy.blockedPatterns ?? []), ...(host.mountAllowlist?.blockedPatterns ?? [])];
  return { ...args, overrides: { ...host.policy, extraMounts, blockedPatterns } };
}

/** What the guard mounts below /workspace/extra, and the list that NanoClaw reads; the two agree. */
export function hostMountPlan(host: Pick<PolicyConfig, "profile" | "policy" | "additionalMounts" | "mountAllowlist">): ReturnType<typeof mountPlan> {
  const roles = [...new Set(["main", "trusted", "untrusted", ...Object.keys(host.policy.roles ?? {})])];
  return mountPlan(host.additionalMounts, host.mountAllowlist, roles, serviceHome);
}

/** A policy for checks before the size is known: N and limits that any host has. */
export const anySize: Pick<HostSize, "containers" | "container"> = { containers: 1, container: { memoryMaxBytes: 2 ** 32, cpuQuotaPercent: 200, tasksMax: 512 } };
