import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";

/**
 * A machine with Ubuntu or Debian that `NanoclawHost` provisions over SSH.
 * Every kind (`ssh`, `vm`, `ec2`) gives the same few things; nothing after this point asks for the kind.
 */
export interface Machine {
  /**
   * Names the installed system: it changes when the machine is another one (a new VM, a new instance, another host key),
   * and then every host step is replaced. A reboot or a resize does not change it.
   */
  readonly id: pulumi.Input<string>;
  /** The resource that makes the machine, for `dependsOn` and `deletedWith`; absent when the machine is not ours to make. */
  readonly resource?: pulumi.Resource;
  /** How the `command` provider reaches it. The private key in it is a secret. */
  readonly connection: pulumi.Input<types.input.remote.ConnectionArgs>;
  /** True when it is logged in to with the keys of the operator's SSH agent; absent = with a key of ours. */
  readonly agent?: true;
  /** The login user. `root` needs no sudo; any other user needs sudo. */
  readonly user: string;
  /** Block device for NanoClaw's state, such as `/dev/disk/by-id/virtio-nanoclaw-state`; null = a directory on the root disk. */
  readonly stateDevice: pulumi.Input<string> | null;
  /** What a later `up` must know of it and the machine itself cannot say; only a machine that costs money has one. */
  readonly report?: pulumi.Output<MachineReport>;
}

/** What a stack keeps of a machine of the cloud, as its output `machines`. */
export interface MachineReport {
  readonly kind: "ec2";
  readonly instanceType: string;
  /** Its volumes cannot leave it. */
  readonly zone: string;
  /** Sizes of its volumes, in GiB: they only grow. */
  readonly rootDiskGiB: number;
  readonly stateDiskGiB: number;
  /** The instance on demand for 730 hours, without disks and traffic. */
  readonly monthlyCostUsd: number;
  /** `AWS`: the region's price of the day. `table`: us-east-1's, of the table's date. */
  readonly priceFrom: "AWS" | "table";
}

/** Whether a machine can be asked for its facts before planning, and if not, why in words for people. */
export type MachineAtPlan =
  /** `ours`: the stack itself makes and resizes it, so that what it is now does not say what it will be. */
  | { readonly reachable: true; readonly ours: boolean; readonly connection: PlainConnection }
  | { readonly reachable: false; readonly because: string };

/** A connection in plain values. Holds secrets: never print or store one. */
export interface PlainConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** One line of `known_hosts` without the host, such as "ssh-ed25519 AAAA…"; null = not verified, because the user said so in words. */
  readonly hostKey: string | null;
  /** Private key in OpenSSH's format. */
  readonly privateKey?: string;
  readonly password?: string;
  /** Logged in to with the keys of the SSH agent that `SSH_AUTH_SOCK` names then. Never its path: each session of the operator has another. */
  readonly agent?: true;
  /** A bastion on the way. */
  readonly proxy?: Omit<PlainConnection, "proxy">;
}
