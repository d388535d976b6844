import { chooseInstance } from "../instanceChoice.ts";
import { instanceTable } from "../instanceTable.ts";
import { show, type ConfigError } from "../configErrors.ts";
import { Refusal } from "../refusal.ts";
import { sizeHost } from "../sizing.ts";
import { cidrFault, networkOf } from "./formats.ts";
import type { Ec2MachineConfig, HostConfig, PartialHostFields } from "./types.ts";

/** Rules between the fields of an EC2 host. Pure; what only AWS can say is checked in components/machine/ec2/. */

type Ec2 = Extract<PartialHostFields["machine"], { kind: "ec2" }>;

/** Tags that the program sets itself, on everything or on the state volume. */
const ownTags = ["Name", "project", "stack", "host", "nanoclaw-daily-snapshots"];

/** Checks one EC2 host; `path` is its place, such as `hosts.pilot`. */
export function ec2Rules(path: string, host: PartialHostFields): ConfigError[] {
  if (host.machine?.kind !== "ec2") return [];
  const { machine } = host;
  return [...sshFromRules(`${path}.machine.sshFrom`, machine), ...placeRules(`${path}.machine`, machine), ...tagRules(`${path}.machine.tags`, machine), ...typeRules(path, host, machine)];
}

function sshFromRules(path: string, { sshFrom = [], subnetId }: Ec2): ConfigError[] {
  const faults = sshFrom.flatMap((cidr, index) => cidrError(path, index, cidr));
  if (faults.length > 0 || sshFrom.length === 0 || subnetId !== undefined || sshFrom.some((cidr) => !cidr.includes(":"))) return faults;
  const remedy = "`curl -4 https://checkip.amazonaws.com` prints your own IPv4 address: add it with /32; or give the `subnetId` of a subnet with IPv6";
  return [{ field: path, wanted: "an IPv4 network among them: a VPC of the host's own has no IPv6", given: sshFrom.join(", "), remedy }];
}

function cidrError(path: string, index: number, cidr: string): ConfigError[] {
  const fault = cidrFault(cidr);
  if (fault === undefined) {
    const network = networkOf(cidr);
    const [address = "", bits] = cidr.toLowerCase().split("/");
    if (networkOf(`${address}/${address.includes(":") ? 128 : 32}`).split("/")[0] === network.split("/")[0]) return [];
    return [{ field: `${path}.${index}`, wanted: `the first address of the network before /${bits}`, given: show(cidr), remedy: `write ${network}, or ${address}/${address.includes(":") ? 128 : 32} for that one address` }];
  }
  const wide = fault.startsWith("the whole");
  return [
    {
      field: `${path}.${index}`,
      wanted: wide ? "the networks that you log in from: SSH of a host that holds credentials is not opened to everybody" : "an IPv4 or IPv6 network, such as 203.0.113.7/32",
      given: `${show(cidr)}, which is ${fault}`,
      remedy: "`curl https://checkip.amazonaws.com` prints your own address: write it with /32",
    },
  ];
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

/** What AWS takes in names and values of tags: IAM's rules, which are the narrowest. */
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const mostTags = 50;

function tagRules(path: string, { tags = {} }: Ec2): ConfigError[] {
  const errors = Object.entries(tags).flatMap(([name, value]) => tagError(path, name, value, Object.keys(tags)) ?? []);
  const room = mostTags - ownTags.length;
  if (Object.keys(tags).length > room) {
    errors.push({ field: path, wanted: `at most ${room} tags: AWS takes ${mostTags}, and ${ownTags.length} are the program's own`, given: String(Object.keys(tags).length), remedy: "remove some" });
  }
  return errors;
}

function tagError(path: string, name: string, value: string, names: string[]): ConfigError | undefined {
  // To IAM, and so to AWS as a whole, "Team" and "team" are one name.
  const same = (other: string): boolean => other.toLowerCase() === name.toLowerCase();
  if (ownTags.some(same)) return { field: `${path}.${name}`, wanted: "a tag that the program does not set itself", given: show(name), remedy: `remove it: ${ownTags.join(", ")} are set for you` };
  const twin = names.find((other) => other !== name && same(other));
  if (twin !== undefined) return { field: `${path}.${name}`, wanted: "names that differ by more than capital letters", given: `${show(name)} and ${show(twin)}`, remedy: "remove one of them" };
  const characters = "letters, digits, spaces and _ . : / = + - @";
  if (name.length > 128 || /^aws:/i.test(name) || name.trim() === "" || !tagText.test(name)) {
    return { field: `${path}.${name}`, wanted: `a name of 1 to 128 ${characters} that does not begin with aws:`, given: show(name), remedy: "rename the tag" };
  }
  return tagText.test(value) ? undefined : { field: `${path}.${name}`, wanted: `a value of ${characters}`, given: show(value), remedy: "leave other characters out" };
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
