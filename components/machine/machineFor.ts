import * as pulumi from "@pulumi/pulumi";
import type { HostConfig, StackSecrets, VmMachineConfig } from "../config.ts";
import { nominalMemoryGiB, type HostSize } from "../sizing.ts";
import type { Machine } from "./index.ts";
import { sshMachine } from "./ssh.ts";
import { Vm, type VmArgs } from "./vm.ts";

/** The machine of one host, by its kind. The only place that asks for the kind. */
export function machineFor(host: HostConfig, size: HostSize, secrets: StackSecrets): Machine {
  const { name, machine } = host;
  switch (machine.kind) {
    case "ssh": {
      const privateKey = secrets.sshPrivateKey(name);
      return sshMachine({ name, config: machine, ...(privateKey && { privateKey }) });
    }
    case "vm":
      return new Vm(`${name}-machine`, vmArgs(name, machine, size));
  }
}

/** What N asks for, unless the configuration says otherwise. */
function vmArgs(name: string, config: VmMachineConfig, size: HostSize): VmArgs {
  const { machine } = size;
  return {
    name,
    stateDir: `.state/${pulumi.getStack()}`,
    image: config.image,
    sshPort: config.sshPort,
    cpus: config.cpus ?? machine.cpus,
    memoryMiB: config.memoryMiB ?? Math.ceil(nominalMemoryGiB(machine.memoryGiB) * 1024),
    systemDiskGiB: config.diskGiB ?? machine.rootDiskGiB,
    stateDiskGiB: config.stateDiskGiB ?? machine.stateDiskGiB,
  };
}
