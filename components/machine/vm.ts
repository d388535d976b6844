import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { local, type types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { Refusal } from "../refusal.ts";
import { isPaused, runState } from "../../toolchain/vm/monitor.ts";
import type { VmIdentity, VmSettings } from "../../toolchain/vm/settings.ts";
import { vmStatus, type VmStatus } from "../../toolchain/vm/status.ts";
import type { UpOutput } from "../../toolchain/vm/up.ts";
import { project, readRecord, vmFiles } from "../../toolchain/vm/vmDir.ts";
import type { Machine, MachineAtPlan } from "./index.ts";

/** Settings of a local VM; every field is described in toolchain/vm/settings.ts. `stateDir` counts from the project's folder. */
export type VmArgs = Partial<VmSettings> & Pick<VmSettings, "name" | "stateDir" | "sshPort" | "memoryMiB" | "cpus">;

/** A local VM under QEMU, made, started, resized and removed by `toolchain/vm/cli.ts`. */
export class Vm extends pulumi.ComponentResource implements Machine {
  readonly id: pulumi.Output<string>;
  readonly resource: pulumi.Resource;
  readonly connection: pulumi.Output<types.input.remote.ConnectionArgs>;
  readonly user: string;
  readonly stateDevice = "/dev/disk/by-id/virtio-nanoclaw-state";

  /** @param paused QEMU runs, but the VM stands still (see `vmIsPaused`): `up` lets it go on. */
  constructor(name: string, args: VmArgs, paused = false, options?: pulumi.ComponentResourceOptions) {
    super("nanoclaw:machine:Vm", name, {}, options);
    this.user = args.user ?? "provision";

    const status = vmStatus({ name: args.name, stateDir: resolve(project, args.stateDir) });
    const command = new local.Command(
      `${name}-vm`,
      {
        create: `node toolchain/vm/cli.ts up --boot ${bootOf(status, paused)}`,
        delete: "node toolchain/vm/cli.ts down",
        stdin: JSON.stringify(args),
        dir: project,
        logging: local.Logging.Stderr,
        addPreviousOutputInEnv: false,
      },
      // What is asked of a VM changes in place; there can be only one of a name, so a replacement must not overlap it.
      { parent: this, deleteBeforeReplace: true },
    );

    const vm = command.stdout.apply((text) => JSON.parse(text) as UpOutput);
    this.resource = command;
    this.id = vm.instanceId;
    this.connection = pulumi.secret(
      vm.apply((at) => ({ host: at.address, port: at.port, user: at.user, hostKey: at.hostKey, privateKey: readKey(args.name, at.privateKeyFile) })),
    );
    this.registerOutputs({ id: this.id });
  }
}

/**
 * A running VM keeps the number of the plan that started it, so that nothing changes. A VM that does not run (the
 * operator rebooted, QEMU was killed) or is paused gets a new one: the command's text differs and `pulumi up` starts
 * the VM again, or lets it go on.
 */
export function bootOf(status: Pick<VmStatus, "state" | "boot">, paused = false, now = Date.now()): number {
  return status.state === "running" && !paused ? status.boot : Math.floor(now / 1000);
}

/** Whether QEMU runs and the VM stands still, as after a full disk of the operator. Asks QEMU's monitor, for 5 s at most. */
export async function vmIsPaused({ name, stateDir }: VmIdentity): Promise<boolean> {
  const vm = { name, stateDir: resolve(project, stateDir) };
  return vmStatus(vm).pid !== null && isPaused(await runState(vmFiles(vm).monitor));
}

/** Whether a VM can be asked for its facts before anything is done to it; reads files only. */
export function vmAtPlan(args: Pick<VmArgs, "name" | "stateDir" | "sshPort">): MachineAtPlan {
  const status = vmStatus({ name: args.name, stateDir: resolve(project, args.stateDir) });
  const { state, address, port, user, hostKey } = status;
  if (state !== "running" || port === null || user === null || hostKey === null) {
    return { reachable: false, because: state === "absent" ? "the VM is not there yet" : `the VM is ${state}` };
  }
  if (port !== args.sshPort) return { reachable: false, because: `the VM moves from port ${port} to ${args.sshPort}` };
  return { reachable: true, ours: true, connection: { host: address, port, user, hostKey, privateKey: readKey(args.name, status.privateKeyFile) } };
}

/** Sizes of a VM's disks as they are, in GiB; 0 where there is none. */
export function vmSizes({ name, stateDir }: Pick<VmArgs, "name" | "stateDir">): { systemDiskGiB: number; stateDiskGiB: number } {
  const record = readRecord(vmFiles({ name, stateDir: resolve(project, stateDir) }));
  return { systemDiskGiB: record?.systemDiskGiB ?? 0, stateDiskGiB: record?.stateDiskGiB ?? 0 };
}

function readKey(host: string, file: string): string {
  const path = resolve(project, file);
  try {
    return readFileSync(path, "utf8");
  } catch {
    const missing = new Refusal({
      field: `hosts.${host}.machine`, wanted: `the VM's login key in ${path}`, given: "none that can be read",
      remedy: `take the VM in ${dirname(path)} down and up again: its state disk stays`,
    });
    throw new pulumi.RunError(missing.message);
  }
}
