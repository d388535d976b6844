import { z } from "zod";
import { architectures } from "../instanceTypes.ts";
import { field } from "./field.ts";
import { isPublicKey } from "./formats.ts";

/** The words a user must write to run a stateful host on spot capacity. */
export const acceptSpot = "I accept that AWS may stop this host at any time";

const ofN = "computed from `containers`";

/** An EC2 instance that the program makes, with its network and its volumes. */
export const Ec2Machine = z.strictObject({
  kind: z.literal("ec2"),
  region: field(z.string().regex(/^(?!cn-|us-gov-|[a-z]{2}-iso)[a-z]{2}(-[a-z]+)+-\d$/), {
    means: "AWS region of the machine and of everything around it.",
    wanted: "a region's code, such as eu-west-1; not one of China, GovCloud or another part of AWS with accounts of its own",
    remedy: "`aws ec2 describe-regions --query Regions[].RegionName` prints those of your account",
    changes: "fixed",
  }),
  awsProfile: field(z.string().min(1).optional(), {
    means: "Profile of ~/.aws/config to log in to AWS with. Credentials themselves never stand in the stack's file.",
    wanted: "the name of a profile",
    remedy: "leave it out to use AWS_PROFILE or the default profile",
    changes: "cloud",
    defaultInWords: "what the AWS tools use: AWS_PROFILE, environment variables, the default profile",
  }),
  sshFrom: field(z.array(z.string()).min(1), {
    means: "Addresses that may connect to SSH, the one open port: this operator's, an office's, a VPN's.",
    wanted: "at least one IPv4 network, such as 203.0.113.7/32, and IPv6 ones beside it (alone only with `subnetId`); never the whole internet",
    remedy: "`curl https://checkip.amazonaws.com` prints your own address: write it with /32",
    changes: "cloud",
  }),
  architecture: field(z.enum(architectures).default("x86_64"), {
    means: "Processor. arm64 is cheaper; every image and tool of your agents must exist for it.",
    wanted: architectures.join(" or "),
    remedy: "use x86_64",
    changes: "fixed",
  }),
  instanceType: field(z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/).optional(), {
    means: "This instance type instead of the cheapest that fits N.",
    wanted: "a type of docs/PARALLEL.md's table, such as m7i.xlarge",
    remedy: "leave it out: it follows from `containers`; `npm run size` prints which",
    changes: "instance",
    defaultInWords: "the cheapest type that fits `containers`",
  }),
  burstable: field(z.boolean().default(false), {
    means: "Whether a burstable type (t3, t3a, t4g) may be chosen. Under sustained load it costs more than a steady one.",
    wanted: "true or false",
    remedy: "use true for agents that mostly wait",
    changes: "instance",
  }),
  spot: field(z.literal(acceptSpot).optional(), {
    means: "Spot capacity: cheaper, and AWS stops the machine whenever it wants it back. Another N then replaces the machine.",
    wanted: `exactly the words "${acceptSpot}"`,
    remedy: "leave it out: this host keeps state and answers people",
    changes: "machine",
    defaultInWords: "not given: on demand",
  }),
  zone: field(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/).optional(), {
    means: "Availability zone of the machine and its volumes.",
    wanted: "a zone of the region, such as eu-west-1a",
    remedy: "leave it out: a zone that offers the type is chosen and kept",
    changes: "fixed",
    defaultInWords: "the first zone that offers the type; kept from then on",
  }),
  subnetId: field(z.string().regex(/^subnet-[0-9a-f]{8,17}$/).optional(), {
    means: "An existing subnet for the machine, instead of a small VPC of its own.",
    wanted: "the id of a subnet, such as subnet-0a1b2c3d4e5f60718",
    remedy: "`aws ec2 describe-subnets` prints them; leave it out for a VPC of its own",
    changes: "machine",
    defaultInWords: "a VPC with one public subnet, made for this host",
  }),
  publicAddress: field(z.boolean().default(true), {
    means: "Whether the machine has a public address. Without one, SSH goes to its private address, by your VPN; it needs a NAT for its way out.",
    wanted: "true or false",
    remedy: "use false only with a `subnetId` that you reach by a VPN",
    changes: "machine",
  }),
  elasticIp: field(z.boolean().default(true), {
    means: "Whether the public address stays the same when the machine stops, as it does for another N. Costs what any public address costs.",
    wanted: "true or false",
    remedy: "use true, unless your account has no Elastic IP left",
    changes: "cloud",
  }),
  egressTcpPorts: field(z.array(z.int().min(1).max(65535)).min(1).default([80, 443]), {
    means: "TCP ports that the machine may connect to anywhere: 443 for the model and registries, 80 for apt. All else is closed.",
    wanted: "a list of port numbers from 1 to 65535",
    remedy: "use [80, 443]; add 22 for git over SSH",
    changes: "cloud",
  }),
  diskGiB: field(z.int().min(8).max(16_384).optional(), {
    means: "Size of the system volume (encrypted gp3), in GiB.",
    wanted: "a whole number of GiB from 8 to 16384",
    remedy: "leave it out: it follows from `containers`",
    changes: "volume",
    defaultInWords: ofN,
  }),
  stateDiskGiB: field(z.int().min(1).max(16_384).optional(), {
    means: "Size of the volume that holds NanoClaw's state (encrypted gp3, separate, kept), in GiB.",
    wanted: "a whole number of GiB from 1 to 16384",
    remedy: "leave it out: it follows from `containers`",
    changes: "volume",
    defaultInWords: ofN,
  }),
  stateSnapshotId: field(z.string().regex(/^snap-[0-9a-f]{8,17}$/).optional(), {
    means: "Makes the state volume from this snapshot: how a host comes back, or moves to another zone.",
    wanted: "the id of a snapshot of a state volume, such as snap-0a1b2c3d4e5f60718",
    remedy: "`aws ec2 describe-snapshots --owner-ids self` prints them; leave it out for an empty volume",
    changes: "birth",
    defaultInWords: "none: an empty volume",
  }),
  snapshotsKept: field(z.int().min(0).max(1000).optional(), {
    means: "Daily snapshots of the state volume: how many are kept. 0 makes none.",
    wanted: "a whole number from 0 to 1000",
    remedy: "use 7",
    changes: "cloud",
    defaultInWords: "7 with profile production, else 0",
  }),
  protection: field(z.boolean().default(true), {
    means: "Guards against deletion: the instance in AWS, the state volume in Pulumi. Set it to false and run `pulumi up` before `pulumi destroy`.",
    wanted: "true or false",
    remedy: "use true; false only right before the host is to go",
    changes: "cloud",
  }),
  hostKey: field(z.string().trim().refine(isPublicKey).optional(), {
    means: "Public host key of the machine's SSH server, for an image that brings its own or a console that cannot be read.",
    wanted: 'a public key such as "ssh-ed25519 AAAA…"',
    remedy: "leave it out: it is read from the instance's console over AWS's own API",
    changes: "reconnect",
    defaultInWords: "read from the instance's console before the first connection",
  }),
  tags: field(z.record(z.string(), z.string().max(256)).default({}), {
    means: "Tags for every AWS resource of the host, such as cost centres. Name, project, stack and host are there anyway.",
    wanted: "up to 45 names of up to 128 characters that do not begin with aws:, each with a text of up to 256; letters, digits, spaces and _ . : / = + - @",
    remedy: "write `Name: value` lines",
    changes: "cloud",
  }),
});
