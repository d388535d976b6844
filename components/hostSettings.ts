import type { NanoclawContract } from "../contract/nanoclaw.ts";
import type { GuardPolicy } from "../contract/policy.ts";
import type { EgressChoice } from "../contract/egress.ts";
import { withEgress } from "../contract/egressPolicy.ts";
import { guardPolicy } from "../contract/profiles.ts";
import type { HostSources, NodeSettings, PodmanSettings, ServiceSettings, SmokeEgress, SmokeSettings } from "../contract/settings.ts";
import type { HostConfig, StackConfig } from "./config/types.ts";
import { nodeRelease } from "./hostNode.ts";
import { hostMountPlan, hostPolicyArgs } from "./hostPolicy.ts";
import type { HostSize } from "./sizing.ts";

/**
 * What each host step is told, from the configuration and the size of the host. Pure: plain values in, plain values
 * out; secrets and what other steps print are added in nanoclawHost.ts.
 */

/** Address of the Messages API stand-in (test/standins/messages-api), the same seen from the host and from containers. */
export const standInApiUrl = "http://192.0.2.1:8080";

/** The part of a stack's configuration that all its hosts share. */
export type SharedConfig = Omit<StackConfig, "hosts">;

function hostSources(stack: SharedConfig): HostSources {
  return { trustedCaCertificates: stack.trustedCaCertificates, aptMirror: stack.sources.aptMirror ?? null };
}

/** Settings of the `podman` step. */
export function podmanSettings(stack: SharedConfig, size: HostSize, stateDevice: string | null): PodmanSettings {
  return { ...hostSources(stack), agentsSlice: size.agentsSlice, buildSlice: size.buildSlice, stateDevice };
}

/** Settings of the `node` step: the major that this NanoClaw needs. */
export function nodeSettings(stack: SharedConfig, contract: NanoclawContract): NodeSettings {
  const { nodeSource, nodeDistUrl, npmRegistry } = stack.sources;
  return { ...hostSources(stack), ...nodeRelease(contract.node), source: nodeSource, distUrl: nodeDistUrl, npmRegistry };
}

/** The guard's policy: the host's profile with N's limits, the stack's changes, and its egress. */
export function hostPolicy(host: HostConfig, size: HostSize, egress: EgressChoice): GuardPolicy {
  return withEgress(guardPolicy(hostPolicyArgs(host, size)), egress);
}

/** Variables for NanoClaw's process; those of the stack's own choice win over what follows from other fields. */
function serviceEnvironment(host: HostConfig, stack: SharedConfig, size: HostSize, hasNetwork: boolean): Record<string, string> {
  const baseUrl = stack.standIns.messagesApi ? standInApiUrl : stack.anthropic.baseUrl;
  return {
    ASSISTANT_NAME: host.assistantName,
    TZ: host.timezone,
    MAX_CONCURRENT_CONTAINERS: String(size.maxConcurrentContainers),
    // With doors the guard names the credential proxy instead.
    ...(baseUrl === null || !hasNetwork ? {} : { ANTHROPIC_BASE_URL: baseUrl }),
    ...host.environment,
  };
}

/** Settings of the `service` step, but for its secrets. `hasNetwork`: some role reaches the model by itself. */
export function serviceSettings(host: HostConfig, stack: SharedConfig, size: HostSize, contract: NanoclawContract, hasNetwork: boolean): Omit<ServiceSettings, "secretEnvironment"> {
  return {
    caps: size.service,
    containers: size.containers,
    environment: serviceEnvironment(host, stack, size, hasNetwork),
    pairedWhenExists: host.nanoclaw.pairing === "none" ? null : contract.pairedWhenExists,
    mountAllowlist: hostMountPlan(host).allowlist,
    entryPoint: host.nanoclaw.entryPoint,
  };
}

/** Settings of the `smoke` step; `policy` is what the guard step was given. */
export function smokeSettings(host: HostConfig, size: HostSize, contract: NanoclawContract, stateOnVolume: boolean, policy: GuardPolicy, egress: SmokeEgress): SmokeSettings {
  return {
    containers: size.containers,
    agentsSlice: size.agentsSlice,
    serviceCaps: size.service,
    imageName: contract.image.name,
    browser: size.browser,
    ...boxExpectations(policy),
    egress,
    stateOnVolume,
    replyTimeoutSeconds: host.agentReplyTimeoutSeconds,
    prompt: "Reply with exactly one word and nothing else: nanoclaw-smoke-ok",
    replyContains: "nanoclaw-smoke-ok",
  };
}

/** What of the policy the smoke test must find again in a container of an untrusted group. */
function boxExpectations({ hardening, tmpfs, agentSource, projectShadows, roles, limits }: GuardPolicy): Pick<SmokeSettings, "hardening" | "container" | "memoryFileSystems" | "agentSourceReadOnly" | "projectShadows" | "foreignSecrets"> {
  const own = roles.at(-1)?.secrets ?? [];
  const { memoryBytes, cpus, pids } = roles.at(-1)?.limits ?? limits;
  return {
    hardening,
    container: { memoryMaxBytes: memoryBytes, cpuQuotaPercent: cpus * 100, tasksMax: pids },
    memoryFileSystems: [
      { path: "/tmp", bytes: tmpfs.tmpBytes },
      { path: "/var/tmp", bytes: tmpfs.varTmpBytes },
      { path: "/home/node", bytes: tmpfs.homeBytes },
      { path: "/dev/shm", bytes: tmpfs.shmBytes },
    ],
    agentSourceReadOnly: agentSource === "ro",
    projectShadows,
    foreignSecrets: [...new Set(["GITHUB_TOKEN", ...roles.flatMap(({ secrets }) => secrets)])].filter((name) => !own.includes(name)),
  };
}
