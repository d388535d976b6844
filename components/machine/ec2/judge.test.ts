import { describe, expect, it } from "vitest";
import { parseConfig } from "../../config/parseConfig.ts";
import type { Ec2MachineConfig } from "../../config/types.ts";
import { instanceTable } from "../../instanceTable.ts";
import { explainAws, isDenied } from "./awsErrors.ts";
import { judge, onDemandUsdPerHour, type AwsFacts } from "./judge.ts";
import { whatIsThere, type There } from "./there.ts";

const type = instanceTable().find(({ name }) => name === "m6a.2xlarge")!;
const facts: AwsFacts = {
  imageId: "ami-1",
  zones: ["eu-west-1c", "eu-west-1b"],
  type: { vcpus: 8, memoryGiB: 32, architectures: ["x86_64"] },
  vcpuLimit: 64,
  usdPerHour: 0.3852,
  subnet: undefined,
};
const nothing: There = { zone: undefined, architecture: undefined, rootDiskGiB: 0, stateDiskGiB: 0 };
const there: There = { zone: "eu-west-1c", architecture: "x86_64", rootDiskGiB: 32, stateDiskGiB: 11 };

function ask(changes: Partial<AwsFacts> = {}, machine: Record<string, unknown> = {}, before = nothing) {
  const parsed = parseConfig({ hosts: { pilot: { machine: { kind: "ec2", region: "eu-west-1", sshFrom: ["10.0.0.0/8"], ...machine }, containers: 2 } } }, { exists: () => true, read: () => "", absolute: (path) => path, agentFault: () => undefined });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return judge({ path: "hosts.pilot", config: parsed.config.hosts[0]!.machine as Ec2MachineConfig, type, there: before }, { ...facts, ...changes });
}

describe("what AWS answers", () => {
  it("gives the zone, the image, and the region's own price for a month", () => {
    expect(ask()).toEqual({ errors: [], warnings: [], plan: { imageId: "ami-1", zone: "eu-west-1b", vpcId: null, usdPerMonth: 281.2, priceFrom: "AWS", there: nothing } });
  });
  it("keeps the zone of what is there, where the volume is, and refuses another", () => {
    expect(ask({}, {}, there).plan.zone).toBe("eu-west-1c");
    expect(ask({}, { zone: "eu-west-1b" }, there).errors).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.zone", wanted: expect.stringContaining("eu-west-1c, where the state volume is") })]);
    expect(ask({ subnet: { vpcId: "vpc-1", zone: "eu-west-1b" } }, { subnetId: "subnet-0a1b2c3d" }, there).errors).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.subnetId" })]);
  });
  it("never chooses a Local Zone by itself, but takes one with a subnet in it", () => {
    const zones = ["eu-west-1-lhr-1a", "eu-west-1b"];
    expect(ask({ zones }).plan.zone).toBe("eu-west-1b");
    expect(ask({ zones: zones.slice(0, 1) }).errors).toEqual([expect.objectContaining({ remedy: expect.stringContaining("no zone of eu-west-1 offers it") })]);
    expect(ask({ zones, subnet: { vpcId: "vpc-1", zone: "eu-west-1-lhr-1a" } }, { subnetId: "subnet-0a1b2c3d" })).toMatchObject({ errors: [], plan: { zone: "eu-west-1-lhr-1a" } });
  });
  it("refuses what a host that is there cannot follow: another region or architecture, and smaller volumes", () => {
    expect(ask({ zones: ["eu-west-1b"] }, {}, { ...there, zone: "eu-north-1a" }).errors).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.region", wanted: "eu-north-1, where the state volume is" })]);
    expect(ask({}, {}, { ...there, architecture: "arm64" }).errors).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.architecture", given: "x86_64 (m6a.2xlarge)", remedy: expect.stringContaining("stateSnapshotId") })]);
    expect(ask({}, { diskGiB: 31, stateDiskGiB: 11 }, there).errors).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.diskGiB", wanted: expect.stringContaining("at least 32"), given: "31" })]);
    expect(ask({}, { stateDiskGiB: 10 }, there).errors).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.stateDiskGiB", wanted: expect.stringContaining("at least 11") })]);
  });
  it("takes the zone of the subnet that was given, and its VPC", () => {
    expect(ask({ subnet: { vpcId: "vpc-1", zone: "eu-west-1c" } }, { subnetId: "subnet-0a1b2c3d" }).plan).toMatchObject({ zone: "eu-west-1c", vpcId: "vpc-1" });
  });
  it("that the zone lacks the type is an error that names the zones which offer it", () => {
    expect(ask({}, { zone: "eu-west-1a" }).errors).toEqual([expect.objectContaining({ wanted: "a type that eu-west-1a offers", given: "m6a.2xlarge", remedy: expect.stringContaining("eu-west-1b, eu-west-1c") })]);
    expect(ask({ zones: [] }).errors).toEqual([expect.objectContaining({ remedy: expect.stringContaining("no zone of eu-west-1 offers it") })]);
  });
  it("that differs from our table is an error with both", () => {
    expect(ask({ type: { vcpus: 4, memoryGiB: 32, architectures: ["x86_64"] } }).errors).toEqual([expect.objectContaining({ given: "4 vCPUs, 32 GiB, x86_64 by AWS's own answer" })]);
  });
  it("that the account may run fewer vCPUs than the type has is an error before anything is made", () => {
    expect(ask({ vcpuLimit: 5 }).errors).toEqual([expect.objectContaining({ field: "hosts.pilot.containers", wanted: expect.stringContaining("limit of 5 running vCPUs"), given: "m6a.2xlarge, which has 8", remedy: expect.stringContaining("L-1216C47A") })]);
    expect(ask({ vcpuLimit: 5 }, { spot: "I accept that AWS may stop this host at any time" }).errors).toEqual([expect.objectContaining({ remedy: expect.stringContaining("L-34B43A08") })]);
  });
  it("with no permission for the price list, the table's price and a warning", () => {
    const { plan, warnings, errors } = ask({ usdPerHour: undefined });
    expect({ errors, plan }).toMatchObject({ errors: [], plan: { usdPerMonth: 252.29, priceFrom: "table" } });
    expect(warnings).toEqual([expect.stringContaining("pricing:GetProducts")]);
  });
  it("with no permission to ask about types, the table and a warning; for the image, an error", () => {
    expect(ask({ zones: undefined, type: undefined })).toMatchObject({ errors: [], plan: { zone: "eu-west-1a" }, warnings: [expect.stringContaining("ec2:DescribeInstanceTypeOfferings")] });
    expect(ask({ imageId: undefined }).errors).toEqual([expect.objectContaining({ remedy: expect.stringContaining("ssm:GetParameter") })]);
  });
});

describe("what is there", () => {
  const last = { kind: "ec2", instanceType: "m6a.xlarge", zone: "eu-west-1c", rootDiskGiB: 29, stateDiskGiB: 5, monthlyCostUsd: 1, priceFrom: "AWS" } as const;
  it("is what AWS says, for an up that failed halfway left no outputs", () => {
    const found = { volume: { zone: "eu-west-1b", sizeGiB: 11 }, instance: { type: "c7g.2xlarge", rootDiskGiB: 32 } };
    expect(whatIsThere(found, last, instanceTable())).toEqual({ zone: "eu-west-1b", architecture: "arm64", rootDiskGiB: 32, stateDiskGiB: 11 });
  });
  it("is what the stack's outputs say where AWS may not be asked, and nothing before the first up", () => {
    const nobody = { volume: undefined, instance: undefined };
    expect(whatIsThere(nobody, last, instanceTable())).toEqual({ zone: "eu-west-1c", architecture: "x86_64", rootDiskGiB: 29, stateDiskGiB: 5 });
    expect(whatIsThere(nobody, undefined, instanceTable())).toEqual(nothing);
  });
});

describe("the price list", () => {
  it("is read where AWS puts the on-demand price", () => {
    const product = { terms: { OnDemand: { a: { priceDimensions: { b: { pricePerUnit: { USD: "0.3852000000" } } } } } } };
    expect(onDemandUsdPerHour(JSON.stringify(product))).toBe(0.3852);
  });
  it.each(["", "{}", '{"terms":{"OnDemand":{}}}', '{"terms":{"OnDemand":{"a":{"priceDimensions":{"b":{"pricePerUnit":{"USD":"0"}}}}}}}'])("that cannot be read is no price: %s", (text) => {
    expect(onDemandUsdPerHour(text)).toBeUndefined();
  });
});

describe("AWS's errors", () => {
  // As AWS and its Terraform-based plugin word them.
  it.each([
    ["No valid credential sources found. Please see https://registry... for more information", "machine.awsProfile", "aws sso login"],
    ["CredentialsProviderError: Could not load credentials from any providers", "machine.awsProfile", "aws sso login"],
    ["operation error STS: GetCallerIdentity, https response error StatusCode: 403, api error ExpiredToken: The security token included in the request is expired", "machine.awsProfile", "log in again"],
    ["invalid AWS Region: eu-wets-1", "machine.region", "describe-regions"],
    ["api error VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 5 allows for the instance bucket that the specified instance type belongs to.", "containers", "--quota-code L-1216C47A"],
    ["api error InsufficientInstanceCapacity: We currently do not have sufficient m6a.2xlarge capacity in the Availability Zone you requested (eu-west-1a).", "machine.zone", "instanceType"],
    ["api error Unsupported: Your requested instance type (m8g.large) is not supported in your requested Availability Zone (us-east-1e).", "machine.zone", "another `zone`"],
    ["api error ParameterNotFound: ", "machine.region", "eu-west-1"],
    ["reading SSM Parameter (/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id): couldn't find resource", "machine.region", "eu-west-1"],
    ["api error RequestExpired: Request has expired.", "machine.awsProfile", "clock"],
    ["api error PendingVerification: Your request for accessing resources in this region is being validated", "machine.region", "e-mail"],
    ["modifying EC2 EBS Volume (vol-1): api error VolumeModificationRateExceeded: You've reached the maximum modification rate per volume limit. Wait at least 6 hours between modifications per EBS volume.", "machine.stateDiskGiB", "describe-volumes-modifications"],
    ["api error IncorrectModificationState: Cannot modify volume vol-1: it is currently in modification", "machine.stateDiskGiB", "describe-volumes-modifications"],
    ["api error InvalidParameterValue: New size cannot be smaller than existing size", "machine.stateDiskGiB", "describe-volumes"],
    ["api error InvalidParameterValue: Volume of size 5GiB is smaller than snapshot 'snap-1', expect size>= 11GiB", "machine.stateDiskGiB", "VolumeSize"],
    ["api error OperationNotPermitted: The instance 'i-1' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.", "machine.protection", "protection: false"],
    ["api error DependencyViolation: The vpc 'vpc-1' has dependencies and cannot be deleted.", "machine", "describe-network-interfaces"],
    ["multiple EC2 Instances matched; use additional constraints to reduce matches to a single EC2 Instance", "machine", "another name"],
    ["api error MaxSpotInstanceCountExceeded: Max spot instance count exceeded", "containers", "--quota-code L-34B43A08"],
    ["api error AuthFailure.ServiceLinkedRoleCreationNotPermitted: The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.", "machine.awsProfile", "spot.amazonaws.com"],
    ["api error InvalidSubnetID.NotFound: The subnet ID 'subnet-1' does not exist", "machine.subnetId", "describe-subnets"],
    ["api error VPCIdNotSpecified: No default VPC for this user", "machine.subnetId", "leave `subnetId` out"],
    ["api error VpcLimitExceeded: The maximum number of VPCs has been reached.", "machine.subnetId", "L-F678F1CE"],
    ["api error AddressLimitExceeded: The maximum number of addresses has been reached.", "machine.elasticIp", "elasticIp: false"],
    ["api error InvalidVolume.ZoneMismatch: The volume 'vol-1' is not in the same availability zone as instance 'i-1'", "machine.zone", "stateSnapshotId"],
    ["api error UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:iam::1:user/x is not authorized to perform: ec2:RunInstances on resource: y because no identity-based policy allows it. Encoded authorization failure message: abc", "machine.awsProfile", "docs/SECURITY.md"],
  ])("%s has field and remedy", (message, field, remedy) => {
    const parts = explainAws(message, "hosts.pilot");
    expect(parts?.field).toBe(`hosts.pilot.${field}`);
    expect(parts?.remedy).toContain(remedy);
    expect(parts?.given).not.toMatch(/StatusCode|Encoded/);
  });
  it("of a kind that is not known are left in AWS's own words", () => expect(explainAws("api error Something: new", "hosts.pilot")).toBeUndefined());
  it("of missing permission are told from the others", () => {
    expect(isDenied("api error AccessDeniedException: User is not authorized to perform: pricing:GetProducts")).toBe(true);
    expect(isDenied("api error ThrottlingException: Rate exceeded")).toBe(false);
  });
  it("say how many vCPUs the limit is", () => {
    expect(explainAws("VcpuLimitExceeded: You have requested more vCPU capacity than your current vCPU limit of 5 allows", "hosts.p")?.given).toBe("a type that would exceed the limit of 5 vCPUs");
  });
});
