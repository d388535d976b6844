// Part of the stand-in for the `aws` plugin: an instance is a local VM with the vCPUs and memory of its type and the
// user data given. As on EC2, it counts as running before it has booted, its console can be read, volumes are attached
// while it runs, and "public" addresses (of this computer's loopback) lead to its port 22.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { chooseAccelerator } from "../../../toolchain/vm/accelerator.ts";
import { powerOff } from "../../../toolchain/vm/boot.ts";
import { prepareImage } from "../../../toolchain/vm/image.ts";
import { installSystem, writeSeedDisk } from "../../../toolchain/vm/install.ts";
import { monitor } from "../../../toolchain/vm/monitor.ts";
import { startQemu } from "../../../toolchain/vm/qemu.ts";
import { VmSettings } from "../../../toolchain/vm/settings.ts";
import { qemuPid } from "../../../toolchain/vm/status.ts";
import { bootSource, readRecord, vmFiles, writeRecord } from "../../../toolchain/vm/vmDir.ts";
import { type Account, type Properties, volumeFile } from "./account.ts";
import { typeNamed } from "./refusals.ts";

/** AWS_STANDIN_WITHOUT_VMS: instances are only written down, for tests that look no further than the stack. */
const withoutVms = Boolean(process.env["AWS_STANDIN_WITHOUT_VMS"]);
const vendorData = join(import.meta.dirname, "vendor-data.yaml");
/** A disk as QEMU and the guest name it. The guest sees the volume's id without its dash, as on EC2. */
const serial = (volumeId: string) => volumeId.replace("-", "");
const forwardOf = (address: string) => `hostfwd=tcp:${address}:22-:22`;

/** Starts an instance, the first time with a new system; gives control back before it has booted, as EC2 does. */
export async function boot(account: Account, id: string, properties: Properties): Promise<void> {
  if (withoutVms) return;
  const settings = settingsOf(account, id, properties);
  const files = vmFiles(settings);
  const first = !existsSync(files.record);
  if (first) await install(settings, id, properties);
  const record = readRecord(files)!;
  const addresses = addressesOf(account, id, properties);
  const volumes = volumesOf(account, id);
  const accelerator = await chooseAccelerator("auto", bootSource(files));
  await startQemu(settings, accelerator, files, record, (args) => ec2Args(args, addresses, volumes.map((volume) => [volume, volumeFile(account, volume)])));
  // A real machine boots within the time that the command plugin dials; an emulated one does not.
  if (!first && addresses[0] !== undefined) await awaitSsh(addresses[0]);
}

/** Powers an instance off; one that is off stays off. */
export async function stop(account: Account, id: string): Promise<void> {
  const files = filesOf(account, id);
  const record = readRecord(files);
  if (record !== null) await powerOff(files, record);
}

/** Ends an instance and deletes its system disk. */
export async function terminate(account: Account, id: string): Promise<void> {
  await stop(account, id);
  rmSync(filesOf(account, id).dir, { recursive: true, force: true });
}

/** Plugs a volume into a running instance. */
export async function attachDisk(account: Account, id: string, volumeId: string): Promise<void> {
  if (withoutVms) return;
  const { monitor: socket } = filesOf(account, id);
  await monitor(socket, "blockdev-add", { driver: "raw", "node-name": serial(volumeId), file: { driver: "file", filename: volumeFile(account, volumeId) } });
  await monitor(socket, "device_add", { driver: "virtio-blk-pci", bus: "ebs", id: `disk-${serial(volumeId)}`, drive: serial(volumeId), serial: serial(volumeId) });
}

/** Takes a volume from an instance that is off. */
export async function detachDisk(account: Account, id: string, volumeId: string): Promise<void> {
  const files = filesOf(account, id);
  const record = readRecord(files);
  if (record !== null && qemuPid(files, record) !== null) throw new Error(`api error IncorrectState: this stand-in detaches ${volumeId} only from a stopped instance`);
}

/** Tells an instance that its volume is larger now; one that is off sees it when it starts. */
export async function resizeDisk(account: Account, volumeId: string, gib: number): Promise<void> {
  const attached = account.ofType("aws:ec2/volumeAttachment:VolumeAttachment").find(([, { properties }]) => properties["volumeId"] === volumeId);
  if (attached) await monitor(filesOf(account, attached[1].properties["instanceId"]).monitor, "block_resize", { "node-name": serial(volumeId), size: gib * 2 ** 30 }).catch(() => undefined);
}

/** Enlarges the system disk of a running instance. EC2 does so after the start that follows a change of type. */
export async function resizeSystemDisk(account: Account, id: string, gib: number): Promise<void> {
  if (withoutVms) return;
  const files = filesOf(account, id);
  await monitor(files.monitor, "block_resize", { device: "system", size: gib * 2 ** 30 });
  writeRecord(files, { ...readRecord(files)!, systemDiskGiB: gib });
}

/** Leads an address to a running instance. */
export async function forward(account: Account, id: string, address: string): Promise<void> {
  if (withoutVms) return;
  const { text } = await monitor(filesOf(account, id).monitor, "human-monitor-command", { "command-line": `hostfwd_add net tcp:${address}:22-:22` });
  if (text) throw new Error(`QEMU cannot listen on ${address}:22: ${String(text)}. Remedy: run this test as root, or set net.ipv4.ip_unprivileged_port_start to 22`);
}

/** Takes an address from an instance; one that is off has none. */
export async function unforward(account: Account, id: string, address: string): Promise<void> {
  await monitor(filesOf(account, id).monitor, "human-monitor-command", { "command-line": `hostfwd_remove net tcp:${address}:22` }).catch(() => undefined);
}

async function install(settings: VmSettings, id: string, properties: Properties): Promise<void> {
  const files = vmFiles(settings);
  const record = await installSystem(settings, files, await prepareImage(settings.image), 0);
  await writeSeedDisk(files, {
    "user-data": properties["userData"] ?? "",
    "vendor-data": readFileSync(vendorData, "utf8"),
    "meta-data": `instance-id: ${id}\nlocal-hostname: ip-10-83-0-10\n`,
  });
  writeRecord(files, { ...record, installed: true });
}

/** What makes a VM of the driver an instance: addresses, and a slot for volumes instead of its own state disk. */
function ec2Args(args: string[], addresses: string[], volumes: (readonly [string, string])[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < args.length; at++) {
    if (/^(if=none,id=state,|virtio-blk-pci,drive=state,)/.test(args[at + 1] ?? "")) at++;
    else kept.push(args[at]!.startsWith("user,id=net,") ? ["user,id=net", ...addresses.map(forwardOf)].join(",") : args[at]!);
  }
  const slot = ["-device", "pcie-root-port,id=ebs,chassis=1,slot=1"];
  const disks = volumes.flatMap(([id, file]) => [
    "-blockdev", `driver=raw,node-name=${serial(id)},file.driver=file,file.filename=${file}`,
    "-device", `virtio-blk-pci,bus=ebs,id=disk-${serial(id)},drive=${serial(id)},serial=${serial(id)}`,
  ]);
  return [...kept, ...slot, ...disks];
}

function settingsOf(account: Account, id: string, properties: Properties): VmSettings {
  const type = typeNamed(properties["instanceType"]);
  return VmSettings.parse({
    name: id,
    stateDir: account.directory,
    cpus: type.vcpus,
    memoryMiB: type.memoryGiB * 1024,
    systemDiskGiB: properties["rootBlockDevice"]?.volumeSize ?? 8,
    sshPort: 20_000 + Math.floor(Math.random() * 40_000), // not used: see `ec2Args`
    disposable: true,
  });
}

const filesOf = (account: Account, id: string) => vmFiles({ name: id, stateDir: account.directory });

function addressesOf(account: Account, id: string, { publicIp }: Properties): string[] {
  const elastic = account.ofType("aws:ec2/eip:Eip").filter(([, { properties }]) => properties["instance"] === id);
  return [...elastic.map(([, { properties }]) => String(properties["publicIp"])), ...(publicIp ? [String(publicIp)] : [])];
}

function volumesOf(account: Account, id: string): string[] {
  const attached = account.ofType("aws:ec2/volumeAttachment:VolumeAttachment").filter(([, { properties }]) => properties["instanceId"] === id);
  return attached.map(([, { properties }]) => String(properties["volumeId"]));
}

async function awaitSsh(address: string): Promise<void> {
  for (const deadline = Date.now() + 600_000; Date.now() < deadline; await sleep(1000)) {
    const answers = await new Promise<boolean>((resolve) => {
      const socket = connect(22, address, () => undefined);
      socket.setTimeout(10_000, () => socket.destroy());
      socket.once("data", () => (resolve(true), socket.destroy()));
      socket.once("error", () => resolve(false));
      socket.once("close", () => resolve(false));
    });
    if (answers) return;
  }
  throw new Error(`the VM at ${address} does not boot`);
}
