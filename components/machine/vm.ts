import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { types } from "@pulumi/command";
import type { UpOutput } from "../../toolchain/vm/up.ts";
import { vmStatus, type VmStatus } from "../../toolchain/vm/status.ts";
import { portHolder } from "../../toolchain/vm/ports.ts";
import type { VmMachineConfig } from "../config/types.ts";
import { nominalMemoryGiB, type HostSize } from "../sizing.ts";
import type { Machine, MachineAtPlan } from "./index.ts";
import { connectionArgs } from "./ssh.ts";

/** What a local VM is made from. */
export interface VmArgs {
  config: VmMachineConfig;
  /** Gives CPUs, memory and disks that the configuration leaves out. A change restarts the VM, and keeps its disks. */
  size: HostSize;
  /** Directory of the checkout. */
  root: string;
}

/** A QEMU VM on this computer, made and removed with the stack; its state disk outlives it. */
export class Vm extends pulumi.ComponentResource implements Machine {
  readonly id: pulumi.Output<string>;
  readonly resource: pulumi.Resource;
  readonly connection: pulumi.Output<types.input.remote.ConnectionArgs>;
  readonly user = "provision";
  readonly stateDevice = "/dev/disk/by-id/virtio-nanoclaw-state";
  readonly description: string;
  readonly atPlan: Promise<MachineAtPlan>;

  constructor(name: string, args: VmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nanoclaw:machine:Vm", `${name}-machine`, {}, opts);
    const { config, size, root } = args;
    const where = { name, stateDir: join(".state", pulumi.getStack()) };
    const settings = {
      ...where,
      image: config.image,
      user: this.user,
      sshPort: config.sshPort,
      cpus: config.cpus ?? size.machine.cpus,
      memoryMiB: config.memoryMiB ?? Math.ceil(nominalMemoryGiB(size.machine.memoryGiB) * 1024),
      systemDiskGiB: config.diskGiB ?? size.machine.rootDiskGiB,
      stateDiskGiB: config.stateDiskGiB ?? size.machine.stateDiskGiB,
    };
    this.description = `local VM ${name} (${settings.cpus} CPUs, ${settings.memoryMiB} MiB)`;

    const status = vmStatus({ ...where, stateDir: join(root, where.stateDir) });
    refuseForeignPort(status, config.sshPort, name);
    // A VM that has stopped, such as when this computer was booted, gets another number: that makes `up` start it.
    const boot = status.state === "stopped" ? status.boot + 1 : status.boot;
    const up = `node toolchain/vm/cli.ts up --boot ${boot}`;
    const vm = new command.local.Command(
      `${name}-vm`,
      {
        create: up,
        update: up,
        delete: "node toolchain/vm/cli.ts down",
        stdin: JSON.stringify(settings),
        dir: root,
        logging: command.local.Logging.Stderr,
        addPreviousOutputInEnv: false,
      },
      { parent: this },
    );
    const machine = vm.stdout.apply((text) => JSON.parse(text) as UpOutput);
    this.resource = vm;
    this.id = machine.instanceId;
    this.connection = pulumi.secret(machine).apply((made) =>
      connectionArgs({
        host: made.address,
        port: made.port,
        user: made.user,
        hostKey: made.hostKey,
        privateKey: readFileSync(join(root, made.privateKeyFile), "utf8"),
      }),
    );
    this.atPlan = Promise.resolve(atPlan(status));
    this.registerOutputs({ id: this.id });
  }
}

function atPlan(status: VmStatus): MachineAtPlan {
  const { state, address, port, user, hostKey, privateKeyFile } = status;
  if (state !== "running" || port === null || user === null || hostKey === null) return { reachable: false, because: `the VM is ${state}` };
  return { reachable: true, connection: { host: address, port, user, hostKey, privateKey: readFileSync(privateKeyFile, "utf8") } };
}

/** At preview already: QEMU could not bind a port that another process holds. */
function refuseForeignPort(status: VmStatus, port: number, name: string): void {
  if (status.pid !== null && status.port === port) return;
  const holder = portHolder(port);
  if (holder === null) return;
  throw new pulumi.RunError(
    `hosts.${name}.machine.sshPort: wanted a free port on 127.0.0.1; got ${port}, where ${holder} listens. Remedy: set another port, or end that process.`,
  );
}
