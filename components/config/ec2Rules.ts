import { chooseInstance } from "../instanceChoice.ts";
import { instanceTable } from "../instanceTable.ts";
import { show, type ConfigError } from "../configErrors.ts";
import { Refusal } from "../refusal.ts";
import { sizeHost } from "../sizing.ts";
import { cidrFault } from "./formats.ts";
import type { Ec2MachineConfig, HostConfig, PartialHostFields } from "./types.ts";

/** Rules between the fields of an EC2 host. Pure; what only AWS can say is checked in components/machine/ec2/. */

type Ec2 = Extract<PartialHostFields["machine"], { kind: "ec2" }>;

/** Tags that the program sets itself. */
export const ownTags = ["Name", "project", "stack", "host"] as const;

/** Checks one EC2 host; `path` is its place, such as `hosts.pilot`. */
export function ec2Rules(path: string, host: PartialHostFields): ConfigError[] {
  if (host.machine?.kind !== "ec2") return [];
  const { machine } = host;
  return [...sshFromRules(`${path}.machine.sshFrom`, machine), ...placeRules(`${path}.machine`, machine), ...tagRules(`${path}.machine.tags`, machine), ...typeRules(path, host, machine)];
}

function sshFromRules(path: string, { sshFrom = [] }: Ec2): ConfigError[] {
  return sshFrom.flatMap((cidr, index) => {
    const fault = cidrFault(cidr);
    if (fault === undefined) return [];
    const wide = fault.startsWith("the whole");
    return [
      {
        field: `${path}.${index}`,
        wanted: wide ? "the networks that you log in from: SSH of a host that holds credentials is not opened to everybody" : "an IPv4 or IPv6 network, such as 203.0.113.7/32",
        given: `${show(cidr)}, which is ${fault}`,
        remedy: "`curl https://checkip.amazonaws.com` prints your own address: write it with /32",
      },
    ];
  });
}

function placeRules(path: string, { region, zone, subnetId, publicAddress, elasticIp }: Ec2): ConfigError[] {
  const errors: ConfigError[] = [];
  if (zone !== undefined && subnetId !== undefined) {
    errors.push({ field: `${path}.zone`, wanted: "either a zone or a subnet, which has its zone", given: `${zone} and ${subnetId}`, remedy: "remove `zone`" });
  } else if (zone !== undefined && region !== undefined && zone.slice(0, -1) !== region) {
    errors.push({ field: `${path}.zone`, wanted: `a zone of ${region}`, given: zone, remedy: `use ${region}a, or leave it out` });
  }
  if (publicAddress === false && subnetId === undefined) {
    const remedy = "give `subnetId`, a subnet that you reach by a VPN and that has a NAT, or remove `publicAddress`";
    errors.push({ field: `${path}.publicAddress`, wanted: "a public address in a VPC of the host's own: nobody could reach it otherwise", given: "false", remedy });
  }
  if (publicAddress === false && elasticIp === true) {
    const remedy = "set `elasticIp: false` too";
    errors.push({ field: `${path}.elasticIp`, wanted: "no Elastic IP for a machine without a public address", given: "publicAddress: false alone", remedy });
  }
  return errors;
}

function tagRules(path: string, { tags = {} }: Ec2): ConfigError[] {
  return Object.keys(tags).flatMap((name) => {
    const own = ownTags.some((each) => each === name);
    if (!own && name.length <= 128 && !/^aws:/i.test(name) && name.trim() !== "") return [];
    return [
      {
        field: `${path}.${name}`,
        wanted: own ? "a tag that the program does not set itself" : "a name of 1 to 128 characters that does not begin with aws:",
        given: show(name),
        remedy: own ? `remove it: ${ownTags.join(", ")} are set for you` : "rename the tag",
      },
    ];
  });
}

function typeRules(path: string, { containers, browser, cpuOvercommit }: PartialHostFields, machine: Ec2): ConfigError[] {
  const { architecture, burstable } = machine;
  if (containers === undefined || browser === undefined || cpuOvercommit === undefined || architecture === undefined || burstable === undefined) return [];
  try {
    choiceOf({ containers, browser, cpuOvercommit }, { ...machine, architecture, burstable });
    return [];
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { field, ...parts } = error.parts;
    return [{ ...parts, field: field === "instanceType" ? `${path}.machine.${field}` : `${path}.${field}` }];
  }
}

/** The instance type of an EC2 host, by the table. Throws a `Refusal` when none fits or the pinned one does not. */
export function choiceOf(
  host: Pick<HostConfig, "containers" | "browser" | "cpuOvercommit">,
  { architecture, burstable, instanceType }: Pick<Ec2MachineConfig, "architecture" | "burstable"> & { instanceType?: string | undefined },
) {
  const options = { architecture, allowBurstable: burstable, ...(instanceType === undefined ? {} : { instanceType }) };
  return chooseInstance(instanceTable(), sizeHost(host), options);
}

/** What is allowed on an EC2 host, but worth a line at every preview. */
export function ec2Warnings(host: HostConfig): string[] {
  const { machine, path } = host;
  if (machine.kind !== "ec2") return [];
  const warnings = choiceOf(host, machine).warnings.map((text) => `${path}.machine: ${text}`);
  if (machine.spot) warnings.push(`${path}.machine.spot: AWS may stop this host at any time, in the middle of an agent's work; another N replaces it.`);
  if (!machine.protection) warnings.push(`${path}.machine.protection: \`pulumi destroy\` deletes the machine and its state volume; a last snapshot of the volume stays.`);
  return warnings;
}
