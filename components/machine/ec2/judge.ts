import type { Ec2MachineConfig } from "../../config/types.ts";
import { priceBasis, usdPerMonth, type InstanceType } from "../../instanceTypes.ts";
import type { RefusalParts } from "../../refusal.ts";
import type { There } from "./there.ts";

/** What AWS's answers mean for a host. Pure. */

/** AWS's answers; undefined = not known, because the credentials may not ask. */
export interface AwsFacts {
  /** The Ubuntu image. */
  imageId: string | undefined;
  /** Zones of the region that offer the type. */
  zones: string[] | undefined;
  type: { vcpus: number; memoryGiB: number; architectures: string[] } | undefined;
  /** How many vCPUs the account may run in the region. */
  vcpuLimit: number | undefined;
  /** On demand, Linux, in the region. */
  usdPerHour: number | undefined;
  /** The subnet that was given. */
  subnet: { vpcId: string; zone: string } | undefined;
}

/** What is made, after AWS was asked. */
export interface Ec2Plan {
  imageId: string;
  zone: string;
  /** The VPC of a subnet that was given; null = the host gets a VPC of its own. */
  vpcId: string | null;
  usdPerMonth: number;
  /** `AWS`: the region's price of today. `table`: us-east-1's, of the table's date. */
  priceFrom: "AWS" | "table";
  /** What is there already; its volumes only grow. */
  there: There;
}

/** EC2's quota of running vCPUs for the families of our table: on demand, or spot. */
export function vcpuQuota({ spot }: Pick<Ec2MachineConfig, "spot">): string {
  return spot === undefined ? "L-1216C47A" : "L-34B43A08";
}

/** Judges the answers; `plan` is only good when there are no errors. */
export function judge(
  { path, config, type, there }: { path: string; config: Ec2MachineConfig; type: InstanceType; there: There },
  facts: AwsFacts,
): { plan: Ec2Plan; errors: RefusalParts[]; warnings: string[] } {
  const errors = [
    ...typeErrors(path, type, config, facts),
    ...thereErrors(path, type, config, there),
    ...(config.subnetId !== undefined && facts.subnet === undefined ? [subnetUnknown(path, config.subnetId)] : []),
  ];
  // Local Zones, such as us-west-2-lax-1a, lack much of what a host needs: one is only taken with a subnet in it.
  const zones = facts.zones?.filter((each) => regionOf(each) === config.region).toSorted();
  // A host's volume cannot leave its zone, so that is kept.
  const keptZone = there.zone?.startsWith(config.region) ? there.zone : undefined;
  const zone = facts.subnet?.zone ?? config.zone ?? keptZone ?? zones?.[0] ?? `${config.region}a`;
  if (zones !== undefined && facts.zones?.includes(zone) === false) errors.push(notOffered(path, type, zone, zones, config));
  if (keptZone !== undefined && keptZone !== zone) {
    errors.push({
      field: `${path}.machine.${config.subnetId === undefined ? "zone" : "subnetId"}`,
      wanted: `${keptZone}, where the state volume is: a volume cannot leave its zone`,
      given: zone,
      remedy: `set it back; ${elsewhere}`,
    });
  }
  if (facts.imageId === undefined) {
    const remedy = "allow ssm:GetParameter for arn:aws:ssm:*::parameter/aws/service/canonical/*";
    errors.push({ field: `${path}.machine.awsProfile`, wanted: "to read which Ubuntu image is current", given: "credentials that may not call ssm:GetParameter", remedy });
  }
  const warnings = facts.usdPerHour === undefined ? [noPrice(path)] : [];
  if (facts.zones === undefined || facts.type === undefined) {
    warnings.push(`${path}.machine: these credentials may not ask which types a zone offers (ec2:DescribeInstanceTypeOfferings, ec2:DescribeInstanceTypes); our table decides alone.`);
  }
  return {
    errors,
    warnings,
    plan: {
      imageId: facts.imageId ?? "",
      zone,
      vpcId: facts.subnet?.vpcId ?? null,
      usdPerMonth: usdPerMonth(facts.usdPerHour ?? type.usdPerHour),
      priceFrom: facts.usdPerHour === undefined ? "table" : "AWS",
      there,
    },
  };
}

const regionOf = (zone: string): string => zone.slice(0, -1);

const elsewhere = "to move, snapshot the state volume, add a host with `stateSnapshotId`, then remove this one";

/** What can no longer be changed once the host is there. */
function thereErrors(path: string, type: InstanceType, config: Ec2MachineConfig, there: There): RefusalParts[] {
  const errors: RefusalParts[] = [];
  if (there.zone !== undefined && !there.zone.startsWith(config.region)) {
    errors.push({
      field: `${path}.machine.region`,
      wanted: `${regionOf(there.zone)}, where the state volume is`,
      given: config.region,
      remedy: "set it back; to move, copy a snapshot of the state volume there (`aws ec2 copy-snapshot`), add a host with `stateSnapshotId`, then remove this one",
    });
  }
  if (there.architecture !== undefined && there.architecture !== type.architecture) {
    errors.push({
      field: `${path}.machine.architecture`,
      wanted: `${there.architecture}, as the machine that is there: its system cannot run on another`,
      given: `${type.architecture} (${type.name})`,
      remedy: `set it back; ${elsewhere}`,
    });
  }
  const sizes = [["diskGiB", there.rootDiskGiB], ["stateDiskGiB", there.stateDiskGiB]] as const;
  for (const [name, has] of sizes) {
    const given = config[name];
    if (given === undefined || given >= has) continue;
    errors.push({ field: `${path}.machine.${name}`, wanted: `at least ${has}, the size that the volume has: a volume only grows`, given: String(given), remedy: "set it back, or leave it out" });
  }
  return errors;
}

function typeErrors(path: string, type: InstanceType, config: Ec2MachineConfig, facts: AwsFacts): RefusalParts[] {
  const errors: RefusalParts[] = [];
  const live = facts.type;
  if (live && (live.vcpus !== type.vcpus || live.memoryGiB !== type.memoryGiB || !live.architectures.includes(type.architecture))) {
    errors.push({
      field: `${path}.machine.instanceType`,
      wanted: `${type.name} with ${type.vcpus} vCPUs, ${type.memoryGiB} GiB, ${type.architecture}, as components/data/ec2-instances.csv has it`,
      given: `${live.vcpus} vCPUs, ${live.memoryGiB} GiB, ${live.architectures.join("/")} by AWS's own answer`,
      remedy: "correct the table's row (and report it), or set another `instanceType`",
    });
  }
  if (facts.vcpuLimit !== undefined && facts.vcpuLimit < type.vcpus) {
    errors.push({
      field: `${path}.containers`,
      wanted: `a type within the account's limit of ${facts.vcpuLimit} running vCPUs`,
      given: `${type.name}, which has ${type.vcpus}`,
      remedy: `ask for more: \`aws service-quotas request-service-quota-increase --service-code ec2 --quota-code ${vcpuQuota(config)} --desired-value <vCPUs>\`; or set fewer \`containers\`, or \`cpuOvercommit: 1.5\``,
    });
  }
  return errors;
}

function notOffered(path: string, type: InstanceType, zone: string, zones: string[], config: Ec2MachineConfig): RefusalParts {
  return {
    field: `${path}.machine.${config.instanceType === undefined ? "zone" : "instanceType"}`,
    wanted: `a type that ${zone} offers`,
    given: type.name,
    remedy: zones.length === 0 ? `no zone of ${config.region} offers it: set another \`instanceType\` (\`npm run size\` shows the table), or another region` : `it is offered in ${zones.join(", ")}: set \`zone\` to one of them for a new host, or set \`instanceType\` to a type of another family`,
  };
}

function subnetUnknown(path: string, subnetId: string): RefusalParts {
  const remedy = "allow ec2:DescribeSubnets, or leave `subnetId` out for a VPC of its own";
  return { field: `${path}.machine.subnetId`, wanted: "a subnet that can be looked at", given: `${subnetId}, which these credentials may not describe`, remedy };
}

function noPrice(path: string): string {
  return `${path}.machine: AWS's price list could not be asked (pricing:GetProducts); monthlyCostUsd is the table's price for ${priceBasis.region} as of ${priceBasis.asOf}.`;
}

/** The on-demand price in a product of AWS's price list (its JSON text); undefined when it cannot be read. */
export function onDemandUsdPerHour(product: string): number | undefined {
  try {
    const { terms } = JSON.parse(product) as { terms: { OnDemand: Record<string, { priceDimensions: Record<string, { pricePerUnit: { USD: string } }> }> } };
    const [term] = Object.values(terms.OnDemand);
    const [dimension] = Object.values(term!.priceDimensions);
    const usd = Number(dimension!.pricePerUnit.USD);
    return usd > 0 ? usd : undefined;
  } catch {
    return undefined;
  }
}
