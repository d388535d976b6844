import { mountAllowlistProblems, type MountAllowlist } from "../../contract/mountAllowlist.ts";
import { RUNTIME_PLACES } from "../../contract/mountRules.ts";
import { guardPolicyProblems } from "../../contract/policyReview.ts";
import { guardPolicyWarnings } from "../../contract/policyWarnings.ts";
import type { PolicyOverrides } from "../../contract/profiles.ts";
import { show, type ConfigError } from "../configErrors.ts";
import { egressChoice } from "../egressSettings.ts";
import { anySize, hostPolicyArgs, serviceHome, type PolicyConfig } from "../hostPolicy.ts";
import { sizeHost } from "../sizing.ts";
import type { HostConfig, PartialHostFields, ReadFiles } from "./types.ts";

/**
 * Rules about what a host's agents may do: the guard's own rules, asked before anything is touched. Pure but for `files`.
 * A field that is wrong by itself is absent here, and the rest is checked as if it were not given.
 */

const places = { root: "/var/lib/nanoclaw", runtime: RUNTIME_PLACES };

/** Checks `policy`, `additionalMounts` and `mountAllowlist` of one host. `path` is its place, such as `hosts.office`. */
export function policyRules(path: string, fields: PartialHostFields, files: ReadFiles): ConfigError[] {
  const list = readAllowlist(`${path}.mountAllowlist`, fields.mountAllowlist, files);
  const additionalMounts = fields.additionalMounts ?? [];
  const profile = fields.profile ?? "personal";
  const host: PolicyConfig = { profile, policy: (fields.policy ?? {}) as PolicyOverrides, additionalMounts, mountAllowlist: list.allowlist, nanoclaw: { version: fields.nanoclaw?.version ?? "" } };
  const { containers, browser, cpuOvercommit } = fields;
  const size = containers === undefined || browser === undefined || cpuOvercommit === undefined ? anySize : sizeHost({ containers, browser, cpuOvercommit });
  const problems = guardPolicyProblems(hostPolicyArgs(host, size))
    // The list's own roots are checked with their place in the list.
    .filter(({ field }) => Number(/^extraMounts\[(\d+)\]/.exec(field)?.[1] ?? -1) < additionalMounts.length)
    .map((problem) => ({ ...problem, field: inStack(path, problem.field, additionalMounts.length > 0) }));
  return [...list.errors, ...problems];
}

/** The field of the stack that a member of the policy comes from. */
function inStack(path: string, member: string, additional: boolean): string {
  if (!member.startsWith("extraMounts")) return `${path}.policy.${member}`;
  return `${path}.${additional ? member.replace("extraMounts", "additionalMounts") : "mountAllowlist"}`;
}

/** NanoClaw's allowlist, written in the stack or in a file; null when there is none or it is wrong. */
export function readAllowlist(field: string, given: unknown, files: ReadFiles): { allowlist: MountAllowlist | null; errors: ConfigError[] } {
  if (given === undefined) return { allowlist: null, errors: [] };
  let value = given;
  if (typeof given === "string") {
    const wanted = "the path of a file with JSON, as NanoClaw's ~/.config/nanoclaw/mount-allowlist.json";
    const remedy = "check the path and the file, or write the list itself here";
    const text = files.read(given);
    if (text === undefined) return { allowlist: null, errors: [{ field, wanted, given: `${show(given)}, which cannot be read`, remedy }] };
    try {
      value = JSON.parse(text);
    } catch {
      return { allowlist: null, errors: [{ field, wanted, given: `${show(given)}, which is not JSON`, remedy }] };
    }
  }
  const errors = mountAllowlistProblems(field, value, serviceHome, places);
  return { allowlist: errors.length === 0 ? (value as MountAllowlist) : null, errors };
}

/** What makes a host weaker than its profile, a sentence each that names the field. */
export function policyWarnings(host: HostConfig): string[] {
  const warnings = guardPolicyWarnings(hostPolicyArgs(host, sizeHost(host)), egressChoice(host.egress, undefined));
  return warnings.map((warning) => `${host.path}.${warning.startsWith("egress.") ? "" : "policy."}${warning}`);
}
