import * as pulumi from "@pulumi/pulumi";
import type { HostConfig, StackSecrets, VmMachineConfig } from "../config.ts";
import { nominalMemoryGiB, type HostSize } from "../sizing.ts";
import type { Machine, MachineAtPlan } from "./index.ts";
import { sshLogin, sshMachine } from "./ssh.ts";
import { Vm, vmAtPlan, vmSizes, type VmArgs } from "./vm.ts";

/** The machine of one host, by its kind. Only this module asks for the kind. */
export function machineFor(host: HostConfig, size: HostSize, secrets: StackSecrets): Machine {
  const { name, machine } = host;
  switch (machine.kind) {
    case "ssh": {
      const privateKey = secrets.sshPrivateKey(name);
      return sshMachine({ config: machine, ...(privateKey && { privateKey }) });
    }
    case "vm":
      return new Vm(`${name}-machine`, vmArgs(name, machine, size));
  }
}

/**
 * Whether a host's machine can be asked for its facts before this plan does anything to it. Registers no resource:
 * a machine that is registered may be restarted at once, and then answers nobody.
 */
export function machineAtPlan({ name, machine }: HostConfig, secrets: StackSecrets): Promise<MachineAtPlan> {
  if (machine.kind === "vm") return Promise.resolve(vmAtPlan({ name, stateDir: stateDir(), sshPort: machine.sshPort }));
  return new Promise((resolve) => {
    sshLogin(machine, secrets.sshPrivateKey(name)).apply((connection) => resolve({ reachable: true, ours: false, connection }));
  });
}

const stateDir = (): string => `.state/${pulumi.getStack()}`;

/** What N asks for, unless the configuration says otherwise. */
function vmArgs(name: string, config: VmMachineConfig, size: HostSize): VmArgs {
  const { machine } = size;
  const there = vmSizes({ name, stateDir: stateDir() });
  return {
    name,
    stateDir: stateDir(),
    image: config.image,
    sshPort: config.sshPort,
    cpus: config.cpus ?? machine.cpus,
    memoryMiB: config.memoryMiB ?? Math.ceil(nominalMemoryGiB(machine.memoryGiB) * 1024),
    // A smaller N needs less disk, but disks only grow: what is there stays, unless the configuration asks for a size.
    systemDiskGiB: config.diskGiB ?? Math.max(machine.rootDiskGiB, there.systemDiskGiB),
    stateDiskGiB: config.stateDiskGiB ?? Math.max(machine.stateDiskGiB, there.stateDiskGiB),
  };
}
