import type { z } from "zod";
import type { MountAllowlist } from "../../contract/mountAllowlist.ts";
import type { PolicyOverrides } from "../../contract/profiles.ts";
import type { StackSchema } from "../configSchema.ts";
import type { HostSchema } from "./host.ts";
import type { SshMachine, VmMachine } from "./machine.ts";
import type { Ec2Machine } from "./machineEc2.ts";

/** The files of the operator's computer, as far as checking needs them. Paths are as the user wrote them. */
export interface ReadFiles {
  /** True when the path is a file that can be read. */
  exists(path: string): boolean;
  /** The file's text; undefined when it cannot be read. */
  read(path: string): string | undefined;
  /** Why no SSH agent can be asked, such as "SSH_AUTH_SOCK is not set"; undefined when one can. */
  agentFault(): string | undefined;
  /** The absolute path of what the user wrote (`~/…`, or relative to the project). */
  absolute(path: string): string;
}

/** A host's fields as they are after Zod, before rules between them. */
export type HostFields = z.output<typeof HostSchema>;
/** The same as far as it is understood: a field that is wrong, or missing, is absent, at two levels. */
export type PartialHostFields = Partial<Omit<HostFields, "machine" | "nanoclaw">> & {
  machine?: PartialMachine<SshMachineConfig> | PartialMachine<VmMachineConfig> | PartialMachine<Ec2MachineConfig>;
  nanoclaw?: Partial<HostFields["nanoclaw"]>;
};
type PartialMachine<M extends { kind: string }> = Pick<M, "kind"> & Partial<M>;

/** A machine reached over SSH. `privateKeyFile` is absolute. */
export type SshMachineConfig = z.output<typeof SshMachine>;
/** A local VM. Sizes that are absent follow from N. */
export type VmMachineConfig = z.output<typeof VmMachine>;
/** An EC2 instance. What is absent follows from N or from the profile. */
export type Ec2MachineConfig = z.output<typeof Ec2Machine>;

/** An archive on the operator's computer. */
export interface LocalArchive {
  /** Absolute path. */
  path: string;
  /** The checksum that the user pinned; null = whatever the file has. */
  sha256: string | null;
}

/** Which NanoClaw a host runs; every default filled in. */
export interface NanoclawConfig {
  /** The row of contract/nanoclaw.ts. */
  version: string;
  source: { kind: "git"; repository: string; commit: string } | ({ kind: "archive" } & LocalArchive);
  pairing: "whatsapp" | "none";
  /** What Node runs, relative to NanoClaw's root. */
  entryPoint: string;
}

/** One host; every default filled in, nothing secret. */
export interface HostConfig extends Omit<HostFields, "nanoclaw" | "policy" | "mountAllowlist"> {
  /** The name it has under `hosts`. */
  name: string;
  /** Where it stands in the configuration, for errors: `hosts.<name>`. */
  path: string;
  nanoclaw: NanoclawConfig;
  /** Changes to the profile's policy. */
  policy: PolicyOverrides;
  /** The user's own list for NanoClaw, read and checked; null = none. */
  mountAllowlist: MountAllowlist | null;
}

/** A stack's plain configuration; every default filled in, nothing secret. */
export interface StackConfig {
  hosts: HostConfig[];
  sources: Omit<z.output<typeof StackSchema>["sources"], "baseImage"> & {
    baseImage: { reference: string; archive: LocalArchive | null };
  };
  /** The PEM text itself; null when none is given. */
  trustedCaCertificates: string | null;
  standIns: { messagesApi: boolean };
  /** Null = Anthropic's own API. */
  anthropic: { baseUrl: string | null };
}
