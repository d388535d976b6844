// Part of the stand-in for the `aws` plugin: what happens when a resource is made, changed and deleted.
import { copyFileSync, existsSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { newAddress, newId, volumeFile, type Account, type Properties } from "./account.ts";
import { attachDisk, boot, detachDisk, forward, resizeDisk, resizeSystemDisk, stop, terminate, unforward } from "./instanceVm.ts";
import { refuseAttachment, refuseDescription, refuseInstance, refuseShrinking, refuseSmallerThanSnapshot, refuseTermination, refuseType } from "./refusals.ts";

const instanceType = "aws:ec2/instance:Instance";

/** Makes a resource; gives its outputs. */
export async function create(account: Account, type: string, id: string, name: string, inputs: Properties): Promise<Properties> {
  let properties: Properties = { ...inputs };
  switch (type) {
    case instanceType:
      refuseInstance(inputs, account);
      properties = { ...inputs, privateIp: "10.83.0.10", ...(inputs["associatePublicIpAddress"] ? { publicIp: newAddress() } : {}) };
      // Before the machine runs, so that one whose boot is cut off can be deleted.
      account.put(id, { type, properties });
      await boot(account, id, properties);
      break;
    case "aws:ebs/volume:Volume":
      newVolume(account, id, inputs);
      break;
    case "aws:ec2/volumeAttachment:VolumeAttachment":
      refuseAttachment(inputs, account);
      await attachDisk(account, inputs["instanceId"], inputs["volumeId"]);
      break;
    case "aws:ec2/eip:Eip":
      properties = { ...inputs, publicIp: newAddress() };
      if (inputs["instance"]) await forward(account, inputs["instance"], properties["publicIp"]);
      break;
    case "aws:dlm/lifecyclePolicy:LifecyclePolicy":
      refuseDescription(inputs["description"]);
      break;
    case "aws:iam/role:Role":
      properties = { ...inputs, name, arn: `arn:aws:iam::000000000000:role/${name}` };
      break;
  }
  account.put(id, { type, properties });
  return properties;
}

/** Changes a resource in place; gives its outputs. */
export async function update(account: Account, type: string, id: string, olds: Properties, news: Properties): Promise<Properties> {
  let properties: Properties = { ...olds, ...news };
  if (type === "aws:ebs/volume:Volume") {
    refuseShrinking(olds["size"], news["size"]);
    truncateSync(volumeFile(account, id), news["size"] * 2 ** 30);
    await resizeDisk(account, id, news["size"]);
  }
  if (type === instanceType) {
    refuseShrinking(olds["rootBlockDevice"]?.volumeSize ?? 0, news["rootBlockDevice"]?.volumeSize ?? 0);
    // Only a stopped machine changes its type; its own public address is another one after that.
    if (olds["instanceType"] !== news["instanceType"]) {
      refuseType(news, account, id);
      await stop(account, id);
      if (properties["publicIp"]) properties = { ...properties, publicIp: newAddress() };
      account.put(id, { type, properties });
      await boot(account, id, properties);
    }
    const { volumeSize } = news["rootBlockDevice"] ?? {};
    if (volumeSize !== olds["rootBlockDevice"]?.volumeSize) await resizeSystemDisk(account, id, volumeSize);
  }
  if (type === "aws:ec2/eip:Eip" && news["instance"] !== olds["instance"]) {
    if (olds["instance"]) await unforward(account, olds["instance"], olds["publicIp"]);
    if (news["instance"]) await forward(account, news["instance"], olds["publicIp"]);
  }
  account.put(id, { type, properties });
  return properties;
}

/** Deletes a resource; one that is gone already is deleted. */
export async function remove(account: Account, type: string, id: string, properties: Properties): Promise<void> {
  switch (type) {
    case instanceType:
      refuseTermination(id, properties);
      await terminate(account, id);
      break;
    case "aws:ebs/volume:Volume":
      if (properties["finalSnapshot"] && existsSync(volumeFile(account, id))) {
        const file = join(account.directory, `snapshot-of-${id}.raw`);
        renameSync(volumeFile(account, id), file);
        account.put(newId("snap"), { type: "aws:ebs/snapshot:Snapshot", properties: { volumeId: id, volumeSize: properties["size"], file } });
      }
      rmSync(volumeFile(account, id), { force: true });
      break;
    case "aws:ec2/volumeAttachment:VolumeAttachment":
      if (properties["stopInstanceBeforeDetaching"]) await stop(account, properties["instanceId"]);
      await detachDisk(account, properties["instanceId"], properties["volumeId"]);
      break;
    case "aws:ec2/eip:Eip":
      if (properties["instance"]) await unforward(account, properties["instance"], properties["publicIp"]);
      break;
  }
  account.delete(id);
}

function newVolume(account: Account, id: string, { size, snapshotId }: Properties): void {
  const file = volumeFile(account, id);
  if (snapshotId) {
    const snapshot = account.needed(snapshotId, "aws:ebs/snapshot:Snapshot", "InvalidSnapshot.NotFound");
    refuseSmallerThanSnapshot(size, snapshotId, snapshot["volumeSize"]);
    copyFileSync(snapshot["file"], file);
  } else writeFileSync(file, "", { mode: 0o600 });
  truncateSync(file, size * 2 ** 30);
}
