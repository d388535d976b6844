// Part of the stand-in for the `aws` plugin: what the real service refuses, in its own words.
import { instanceTable } from "../../../components/instanceTable.ts";
import type { Account, Properties } from "./account.ts";

/** How far the make-believe account goes. */
export const limits = {
  regions: ["eu-west-1", "eu-central-1", "us-east-1"],
  /** The zone c offers none of our types. */
  zones: (region: string) => [`${region}a`, `${region}b`],
  /** vCPUs that may run at once; AWS_STANDIN_VCPU_LIMIT sets it. */
  vcpus: Number(process.env["AWS_STANDIN_VCPU_LIMIT"] ?? 64),
  userDataBytes: 16_384,
};

/** What keeps the plugin from being configured at all: no credentials, or a region whose servers there are none of. */
export function loginFault(region: string): string | undefined {
  if (!["AWS_ACCESS_KEY_ID", "AWS_PROFILE"].some((name) => process.env[name])) {
    return "No valid credential sources found. Please see https://www.pulumi.com/registry/packages/aws/installation-configuration/ for more information about providing credentials.";
  }
  if (limits.regions.includes(region)) return undefined;
  const host = `sts.${region}.amazonaws.com`;
  return `retrieving AWS account details: AWS account ID not previously found and failed retrieving via all available methods. operation error STS: GetCallerIdentity, https response error StatusCode: 0, RequestID: , request send failed, Post "https://${host}/": dial tcp: lookup ${host}: no such host`;
}

/** RunInstances. */
export function refuseInstance(inputs: Properties, account: Account): void {
  refuseType(inputs, account);
  const size = Buffer.byteLength(inputs["userData"] ?? "");
  if (size > limits.userDataBytes) throw refused("RunInstances", "InvalidParameterValue", "User data is limited to 16384 bytes");
  const subnet = account.needed(inputs["subnetId"], "aws:ec2/subnet:Subnet", "InvalidSubnetID.NotFound");
  for (const id of inputs["vpcSecurityGroupIds"] as string[]) account.needed(id, "aws:ec2/securityGroup:SecurityGroup", "InvalidGroup.NotFound");
  const zone = subnet["availabilityZone"] as string;
  if (!limits.zones(zone.slice(0, -1)).includes(zone)) {
    throw refused("RunInstances", "Unsupported", `Your requested instance type (${inputs["instanceType"]}) is not supported in your requested Availability Zone (${zone}).`);
  }
}

/** The type by itself: RunInstances and ModifyInstanceAttribute. `own` is the instance that is changed. */
export function refuseType(inputs: Properties, account: Account, own?: string): void {
  const type = typeNamed(inputs["instanceType"]);
  const architecture = String(inputs["ami"]).endsWith("arm64") ? "arm64" : "x86_64";
  if (type.architecture !== architecture) {
    throw refused("RunInstances", "InvalidParameterValue", `The architecture '${type.architecture}' of the specified instance type does not match the architecture '${architecture}' of the specified AMI.`);
  }
  const others = account.ofType("aws:ec2/instance:Instance").filter(([id]) => id !== own);
  const running = others.reduce((sum, [, { properties }]) => sum + typeNamed(properties["instanceType"]).vcpus, 0);
  if (running + type.vcpus > limits.vcpus) {
    throw refused("RunInstances", "VcpuLimitExceeded", `You have requested more vCPU capacity than your current vCPU limit of ${limits.vcpus} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.`);
  }
}

/** A row of the table. @throws Error for a type that does not exist */
export function typeNamed(name: string) {
  const type = instanceTable().find((each) => each.name === name);
  if (!type) throw refused("RunInstances", "InvalidParameterValue", `Invalid value '${name}' for InstanceType.`);
  return type;
}

/** AttachVolume. */
export function refuseAttachment({ instanceId, volumeId }: Properties, account: Account): void {
  const volume = account.needed(volumeId, "aws:ebs/volume:Volume", "InvalidVolume.NotFound");
  const instance = account.needed(instanceId, "aws:ec2/instance:Instance", "InvalidInstanceID.NotFound");
  const subnet = account.needed(instance["subnetId"], "aws:ec2/subnet:Subnet", "InvalidSubnetID.NotFound");
  if (volume["availabilityZone"] === subnet["availabilityZone"]) return;
  throw refused("AttachVolume", "InvalidVolume.ZoneMismatch", `The volume '${volumeId}' is not in the same availability zone as instance '${instanceId}'`);
}

/** ModifyVolume. */
export function refuseShrinking(before: number, after: number): void {
  if (after < before) throw refused("ModifyVolume", "InvalidParameterValue", `New size cannot be smaller than existing size`);
}

/** CreateVolume. */
export function refuseSmallerThanSnapshot(size: number, id: string, least: number): void {
  if (size < least) throw refused("CreateVolume", "InvalidParameterValue", `Volume of size ${size}GiB is smaller than snapshot '${id}', expect size>= ${least}GiB`);
}

/** CreateLifecyclePolicy of DLM. */
export function refuseDescription(description: string): void {
  if (/^[0-9A-Za-z _-]{1,500}$/.test(description)) return;
  throw new Error(`operation error DLM: CreateLifecyclePolicy, https response error StatusCode: 400, RequestID: 0, InvalidRequestException: description: ${description} must match [0-9A-Za-z _-]+`);
}

/** TerminateInstances. */
export function refuseTermination(id: string, inputs: Properties): void {
  if (!inputs["disableApiTermination"] || inputs["forceDestroy"]) return;
  throw refused("TerminateInstances", "OperationNotPermitted", `The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`);
}

function refused(operation: string, code: string, words: string): Error {
  return new Error(`operation error EC2: ${operation}, https response error StatusCode: 400, RequestID: 0, api error ${code}: ${words}`);
}
