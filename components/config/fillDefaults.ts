import type { z } from "zod";
import { nanoclawContract } from "../../contract/nanoclaw.ts";
import type { StackSchema } from "../configSchema.ts";
import type { PolicyOverrides } from "../../contract/profiles.ts";
import { officialRepository } from "./nanoclaw.ts";
import { readAllowlist } from "./policyRules.ts";
import type { HostConfig, HostFields, LocalArchive, NanoclawConfig, ReadFiles, StackConfig } from "./types.ts";

/** Fills in the defaults that depend on other fields, and makes every path absolute. The input has passed every rule. */
export function fillDefaults(stack: z.output<typeof StackSchema>, caPem: string | null, files: ReadFiles): StackConfig {
  const { archive, archiveSha256, reference } = stack.sources.baseImage;
  return {
    hosts: Object.entries(stack.hosts).map(([name, host]) => filledHost(name, host, files)),
    sources: { ...stack.sources, baseImage: { reference, archive: localArchive(archive, archiveSha256, files) } },
    trustedCaCertificates: caPem,
    standIns: stack.standIns,
    anthropic: { baseUrl: stack.anthropic.baseUrl ?? null },
  };
}

function filledHost(name: string, host: HostFields, files: ReadFiles): HostConfig {
  const machine =
    host.machine.kind === "ssh" && host.machine.privateKeyFile !== undefined
      ? { ...host.machine, privateKeyFile: files.absolute(host.machine.privateKeyFile) }
      : host.machine;
  const path = `hosts.${name}`;
  const { allowlist } = readAllowlist(`${path}.mountAllowlist`, host.mountAllowlist, files);
  // Zod leaves members that are not given away: none of them is undefined.
  const policy = host.policy as PolicyOverrides;
  return { ...host, name, path, machine, nanoclaw: filledNanoclaw(host.nanoclaw, files), policy, mountAllowlist: allowlist };
}

function filledNanoclaw(given: HostFields["nanoclaw"], files: ReadFiles): NanoclawConfig {
  const row = nanoclawContract(given.version);
  const archive = localArchive(given.archive, given.archiveSha256, files);
  const repository = given.repository ?? officialRepository;
  return {
    version: given.version,
    source: archive ? { kind: "archive", ...archive } : { kind: "git", repository, commit: given.commit ?? row.commit },
    pairing: given.pairing ?? row.pairing,
    entryPoint: given.entryPoint ?? row.entryPoint,
  };
}

function localArchive(path: string | undefined, sha256: string | undefined, files: ReadFiles): LocalArchive | null {
  return path === undefined ? null : { path: files.absolute(path), sha256: sha256 ?? null };
}
