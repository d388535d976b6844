import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { TagsOf } from "./network.ts";

/** What decides about a state volume. */
export interface StateVolumeArgs {
  zone: string;
  sizeGiB: number;
  /** Made from this snapshot; undefined = empty. Has no effect once the volume is there. */
  snapshotId: string | undefined;
  /** Daily snapshots that are kept; 0 = none are made. */
  snapshotsKept: number;
  /** Pulumi refuses to delete it. */
  protect: boolean;
  /** Whose it is: daily snapshots and later previews find it by this. */
  owner: { project: string; stack: string; host: string };
}

/** The tag by which a state volume is found; its value is unique in the account. */
export const snapshotTagName = "nanoclaw-daily-snapshots";

/** The value of that tag. */
export function snapshotTag({ project, stack, host }: { project: string; stack: string; host: string }): string {
  return `${project}/${stack}/${host}`;
}

/** The volume that holds NanoClaw's state: apart from the machine, encrypted, protected, with a last snapshot when it goes. */
export function stateVolume(name: string, args: StateVolumeArgs, tags: TagsOf, options: pulumi.CustomResourceOptions): aws.ebs.Volume {
  const { zone, sizeGiB, snapshotId, snapshotsKept, owner, protect } = args;
  const volume = new aws.ebs.Volume(
    `${name}-state`,
    {
      availabilityZone: zone,
      type: "gp3",
      size: sizeGiB,
      encrypted: true,
      finalSnapshot: true,
      ...(snapshotId === undefined ? {} : { snapshotId }),
      tags: { ...tags("state"), [snapshotTagName]: snapshotTag(owner) },
    },
    { ...options, protect, ignoreChanges: ["snapshotId"] },
  );
  if (snapshotsKept > 0) dailySnapshots(name, snapshotsKept, snapshotTag(owner), tags, options);
  return volume;
}

/** Attaches the volume once the machine runs; it is detached from a stopped machine only, so that nothing is lost. */
export function attach(name: string, volume: aws.ebs.Volume, instance: aws.ec2.Instance, options: pulumi.CustomResourceOptions): aws.ec2.VolumeAttachment {
  return new aws.ec2.VolumeAttachment(
    `${name}-state-attachment`,
    // On Nitro machines the name is only a label: the host looks for the volume by its id.
    { instanceId: instance.id, volumeId: volume.id, deviceName: "/dev/sdf", stopInstanceBeforeDetaching: true },
    { ...options, deleteBeforeReplace: true },
  );
}

/** Where Linux shows an EBS volume on Nitro machines, which all of our types are. */
export function devicePath(volumeId: string): string {
  return `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace("-", "")}`;
}

function dailySnapshots(name: string, kept: number, target: string, tags: TagsOf, options: pulumi.CustomResourceOptions): void {
  const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "dlm.amazonaws.com" } }] };
  const role = new aws.iam.Role(`${name}-snapshots`, { assumeRolePolicy: JSON.stringify(trust), tags: tags("snapshots") }, options);
  const policy = "arn:aws:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole";
  const allowed = new aws.iam.RolePolicyAttachment(`${name}-snapshots-allowed`, { role: role.name, policyArn: policy }, options);
  new aws.dlm.LifecyclePolicy(
    `${name}-daily`,
    {
      // AWS takes letters, digits, spaces, _ and - here.
      description: "NanoClaw daily snapshots of the state volume",
      executionRoleArn: role.arn,
      state: "ENABLED",
      policyDetails: {
        resourceTypes: ["VOLUME"],
        targetTags: { [snapshotTagName]: target },
        schedules: [{ name: "daily", createRule: { interval: 24, intervalUnit: "HOURS", times: "03:30" }, retainRule: { count: kept }, copyTags: true }],
      },
      tags: tags("daily"),
    },
    { ...options, dependsOn: [allowed] },
  );
}
