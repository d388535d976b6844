import type { RefusalParts } from "../../refusal.ts";

/** AWS's errors in the four parts that a user needs. Pure. */

/** One kind of error: how AWS words it, and what it means. */
interface Known {
  pattern: RegExp;
  /** Below the host's place, such as `machine.region`. */
  field: string;
  wanted: string;
  remedy: string;
  given: (match: RegExpExecArray, message: string) => string;
}

const ownWords: Known["given"] = (_, message) => sentence(message);

/** What is known of AWS's errors; the first that matches counts. */
export const knownAwsErrors: readonly Known[] = [
  {
    pattern: /No valid credential sources|Could not load credentials|CredentialsProviderError|failed to refresh cached credentials|no EC2 IMDS role found|Unable to locate credentials|failed to get shared config profile|Could not resolve credentials/i,
    field: "machine.awsProfile",
    wanted: "AWS credentials",
    given: () => "none",
    remedy: "log in (`aws sso login`, or `aws configure`), or set AWS_PROFILE or `awsProfile`; `aws sts get-caller-identity` shows who you are",
  },
  {
    pattern: /ExpiredToken|RequestExpired|InvalidClientTokenId|AuthFailure(?!\.ServiceLinkedRole)|SignatureDoesNotMatch|UnrecognizedClientException|security token included in the request is (?:invalid|expired)/i,
    field: "machine.awsProfile",
    wanted: "AWS credentials that are valid in this region",
    given: ownWords,
    remedy: "log in again (`aws sso login`) and see that this computer's clock is right; for a region that is off by default, switch it on in the AWS console",
  },
  {
    pattern: /invalid AWS Region|Invalid region|no such host|ENOTFOUND|OptInRequired/i,
    field: "machine.region",
    wanted: "a region of AWS that your account may use",
    given: ownWords,
    remedy: "`aws ec2 describe-regions` prints them; check the spelling, and that this computer reaches AWS",
  },
  {
    pattern: /VcpuLimitExceeded[\s\S]*?current vCPU limit of (\d+)/,
    field: "containers",
    wanted: "a type within the account's limit of running vCPUs (EC2 quota L-1216C47A, spot L-34B43A08)",
    given: ([, limit]) => `a type that would exceed the limit of ${limit} vCPUs`,
    remedy: "ask for more: `aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-1216C47A --desired-value <vCPUs>`; or set fewer `containers`, or `cpuOvercommit: 1.5`",
  },
  {
    pattern: /MaxSpotInstanceCountExceeded/,
    field: "containers",
    wanted: "a type within the account's limit of running spot vCPUs",
    given: ownWords,
    remedy: "ask for more: `aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-34B43A08 --desired-value <vCPUs>`; or set fewer `containers`, or leave out `spot`",
  },
  {
    pattern: /AuthFailure\.ServiceLinkedRoleCreationNotPermitted/,
    field: "machine.awsProfile",
    wanted: "the account's role for spot, AWSServiceRoleForEC2Spot",
    given: ownWords,
    remedy: "an administrator makes it once: `aws iam create-service-linked-role --aws-service-name spot.amazonaws.com`",
  },
  {
    pattern: /VcpuLimitExceeded|InstanceLimitExceeded/,
    field: "containers",
    wanted: "a type within the account's limits",
    given: ownWords,
    remedy: "ask for a higher quota in the AWS console (Service Quotas, EC2), or set fewer `containers`",
  },
  {
    pattern: /PendingVerification/,
    field: "machine.region",
    wanted: "an account that AWS has verified for this region",
    given: ownWords,
    remedy: "wait for AWS's e-mail, mostly within minutes, and run `pulumi up` again; after four hours, ask AWS's support",
  },
  {
    pattern: /InsufficientInstanceCapacity/,
    field: "machine.zone",
    wanted: "a zone where AWS has a machine of this type left",
    given: ownWords,
    remedy: "try again later, set `instanceType` to a type of another family, or begin in another `zone` while the host holds no state",
  },
  {
    pattern: /VolumeModificationRateExceeded|VolumeModificationSizeLimitExceeded|IncorrectModificationState/,
    field: "machine.stateDiskGiB",
    wanted: "a volume that may be changed: AWS allows a few changes in a day, one after the other",
    given: ownWords,
    remedy: "`aws ec2 describe-volumes-modifications` shows those under way; run `pulumi up` again when they are `completed`, or after the time that AWS names",
  },
  {
    pattern: /New size cannot be smaller than existing size/i,
    field: "machine.stateDiskGiB",
    wanted: "volumes at least as large as they are: a volume only grows",
    given: ownWords,
    remedy: "set `diskGiB` and `stateDiskGiB` to what `aws ec2 describe-volumes` prints for them",
  },
  {
    pattern: /smaller than snapshot|expect size\s*>=\s*\d+/i,
    field: "machine.stateDiskGiB",
    wanted: "a volume at least as large as the snapshot that it is made from",
    given: ownWords,
    remedy: "`aws ec2 describe-snapshots --snapshot-ids <stateSnapshotId>` prints its VolumeSize: set `stateDiskGiB` to that or more",
  },
  {
    pattern: /OperationNotPermitted/,
    field: "machine.protection",
    wanted: "a machine whose protection is off before it is ended",
    given: ownWords,
    remedy: "set `protection: false`, run `pulumi up`, then try again",
  },
  {
    pattern: /DependencyViolation/,
    field: "machine",
    wanted: "a network that nothing else uses before it is deleted",
    given: ownWords,
    remedy: "remove what somebody else put into the VPC or the security group (`aws ec2 describe-network-interfaces` shows it), then try again",
  },
  {
    pattern: /multiple EC2 Instances matched/,
    field: "machine",
    wanted: "one machine with this project's, stack's and host's tags",
    given: ownWords,
    remedy: "another stack of this name has one in the region: give this stack or host another name, or end the other machine",
  },
  {
    pattern: /requested instance type \(([^)]*)\) is not supported in your requested Availability Zone \(([^)]*)\)/,
    field: "machine.zone",
    wanted: "a zone that offers the type",
    given: ([, type, zone]) => `${zone}, which does not offer ${type}`,
    remedy: "take another `zone` or `instanceType`",
  },
  {
    pattern: /reading SSM Parameter|ParameterNotFound/,
    field: "machine.region",
    wanted: "Canonical's SSM parameter that names the Ubuntu 24.04 image",
    given: () => "a region without it",
    remedy: "use a region of the standard partition, such as eu-west-1",
  },
  {
    pattern: /InvalidSubnetID\.NotFound|no matching (?:EC2 )?Subnet found/i,
    field: "machine.subnetId",
    wanted: "a subnet of this region and account",
    given: ownWords,
    remedy: "`aws ec2 describe-subnets` prints them; or leave it out for a VPC of its own",
  },
  {
    pattern: /VpcLimitExceeded/,
    field: "machine.subnetId",
    wanted: "room for one more VPC in the region",
    given: ownWords,
    remedy: "delete a VPC, ask for a higher quota (L-F678F1CE), or give the `subnetId` of an existing one",
  },
  {
    pattern: /VPCIdNotSpecified|No default VPC/i,
    field: "machine.subnetId",
    wanted: "a subnet",
    given: () => "an account without a default VPC",
    remedy: "leave `subnetId` out for a VPC of the host's own, which needs no default one, or name a subnet",
  },
  {
    pattern: /AddressLimitExceeded/,
    field: "machine.elasticIp",
    wanted: "an Elastic IP that is left in the account",
    given: ownWords,
    remedy: "release one, ask for more (quota L-0263D0A3), or set `elasticIp: false`",
  },
  {
    pattern: /InvalidVolume\.ZoneMismatch/,
    field: "machine.zone",
    wanted: "the zone that the state volume is in",
    given: ownWords,
    remedy: "set `zone` back; to move, make a snapshot of the volume and give its id as `stateSnapshotId`",
  },
  {
    pattern: /InvalidSnapshot\.NotFound/,
    field: "machine.stateSnapshotId",
    wanted: "a snapshot of this region and account",
    given: ownWords,
    remedy: "`aws ec2 describe-snapshots --owner-ids self` prints them; copy one from another region with `aws ec2 copy-snapshot`",
  },
  {
    pattern: /(?:UnauthorizedOperation|AccessDenied(?:Exception)?)[\s\S]*?(?:not authorized to perform:? ?([a-z0-9-]+:[A-Za-z]+))?/,
    field: "machine.awsProfile",
    wanted: "credentials that may do this",
    given: ownWords,
    remedy: "docs/SECURITY.md lists what the operator's role needs; an administrator can add it",
  },
];

/** The parts of an error that AWS or its plugin gave, for the host at `path`; undefined when it is none of those known. */
export function explainAws(message: string, path: string): RefusalParts | undefined {
  for (const { pattern, field, wanted, remedy, given } of knownAwsErrors) {
    const match = pattern.exec(message);
    if (match) return { field: `${path}.${field}`, wanted, given: given(match, message), remedy };
  }
  return undefined;
}

/** True when AWS refused because of missing permission, and for no other reason. */
export function isDenied(message: string): boolean {
  return /UnauthorizedOperation|AccessDenied|not authorized to perform/i.test(message);
}

/** AWS's own words without the request ids and encoded blobs around them. */
function sentence(message: string): string {
  const api = /api error ([\s\S]*)/.exec(message)?.[1] ?? message;
  const text = api.replace(/Encoded authorization failure message:.*/s, "").replace(/\s+/g, " ").trim();
  return text.length <= 300 ? text : `${text.slice(0, 297)}…`;
}
