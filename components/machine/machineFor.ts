import { resolve } from "node:path";

import * as pulumi from "@pulumi/pulumi";
import type { HostConfig, StackSecrets, VmMachineConfig } from "../config.ts";
import { nominalMemoryGiB, type HostSize } from "../sizing.ts";
import type { Machine, MachineAtPlan } from "./index.ts";
import type { LastUp } from "./lastUp.ts";
import { sshLogin, sshMachine } from "./ssh.ts";
import { sshRemedy } from "../sshRemedy.ts";
import { whyVmIsSilent, type Silence } from "../../toolchain/vm/silence.ts";
import { project } from "../../toolchain/vm/vmDir.ts";
import { Vm, vmAtPlan, vmIsPaused, vmSizes, type VmArgs } from "./vm.ts";
import { vmFindings, type OperatorFindings } from "./vmOperator.ts";

/** The machine of one host, by its kind. Only this module asks for the kind. */
export async function machineFor(host: HostConfig, size: HostSize, secrets: StackSecrets, last: LastUp): Promise<Machine> {
  const { name, machine } = host;
  switch (machine.kind) {
    case "ssh": {
      const privateKey = secrets.sshPrivateKey(name);
      return sshMachine({ config: machine, ...(privateKey && { privateKey }) });
    }
    case "vm":
      return new Vm(`${name}-machine`, vmArgs(name, machine, size), await vmIsPaused({ name, stateDir: stateDir() }));
    case "ec2": {
      // Loaded only here: a stack without EC2 does not wait for the SDK, nor needs its plugin.
      const { ec2Machine } = await import("./ec2/ec2.ts");
      return ec2Machine(host, machine, size, last.machine(name));
    }
  }
}

/**
 * Whether a host's machine can be asked for its facts before this plan does anything to it. Registers no machine:
 * one that is registered may be restarted at once, and then answers nobody.
 */
export function machineAtPlan({ name, machine }: HostConfig, secrets: StackSecrets, last: LastUp): Promise<MachineAtPlan> {
  switch (machine.kind) {
    case "vm":
      return Promise.resolve(vmAtPlan({ name, stateDir: stateDir(), sshPort: machine.sshPort }));
    case "ec2": {
      const connection = last.login(name);
      return Promise.resolve(connection ? { reachable: true, ours: true, connection } : { reachable: false, because: "the instance is not there yet" });
    }
    case "ssh":
      return new Promise((resolve) => {
        sshLogin(machine, secrets.sshPrivateKey(name)).apply((connection) => resolve({ reachable: true, ours: false, connection }));
      });
  }
}

/** What a host's machine asks of this computer and does not get: only a local VM asks for anything. */
export function operatorFindings({ name, machine, path, containers }: HostConfig, size: HostSize): OperatorFindings {
  if (machine.kind !== "vm") return { errors: [], warnings: [] };
  return vmFindings({ path, args: vmArgs(name, machine, size), containers: machine.memoryMiB === undefined ? containers : null });
}

/** Why a host does not answer, and what to do about it. `said`: OpenSSH's words. */
export async function whySilent({ name, machine }: HostConfig, said: string): Promise<Silence> {
  if (machine.kind === "vm") return whyVmIsSilent({ name, stateDir: resolve(project, stateDir()) }, said, "pulumi up");
  return { why: said, remedy: sshRemedy(said) };
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
