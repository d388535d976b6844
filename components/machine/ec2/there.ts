import type { Architecture, InstanceType } from "../../instanceTypes.ts";
import type { MachineReport } from "../index.ts";

/** What is there of a host at AWS already. Pure. */
export interface There {
  /** Where its state volume is; undefined before there is one. */
  zone: string | undefined;
  /** Of its machine, whose image another type cannot change; undefined when there is none, or its type is not in our table. */
  architecture: Architecture | undefined;
  /** Sizes of its volumes in GiB, which only grow; 0 = none yet. */
  rootDiskGiB: number;
  stateDiskGiB: number;
}

/** What AWS says of a host's state volume and of its machine; undefined = there is none, or these credentials may not ask. */
export interface Found {
  volume: { zone: string; sizeGiB: number } | undefined;
  instance: { type: string; rootDiskGiB: number } | undefined;
}

/**
 * AWS's answer goes before what the last `up` that came to its end said: one that failed halfway may have grown a volume.
 *
 * @param last the stack's outputs
 */
export function whatIsThere({ volume, instance }: Found, last: MachineReport | undefined, table: readonly InstanceType[]): There {
  const type = instance?.type ?? last?.instanceType;
  return {
    zone: volume?.zone ?? last?.zone,
    architecture: table.find(({ name }) => name === type)?.architecture,
    rootDiskGiB: instance?.rootDiskGiB ?? last?.rootDiskGiB ?? 0,
    stateDiskGiB: volume?.sizeGiB ?? last?.stateDiskGiB ?? 0,
  };
}
