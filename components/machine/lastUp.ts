import * as pulumi from "@pulumi/pulumi";
import type { HostConfig } from "../config/types.ts";
import type { MachineReport, PlainConnection } from "./index.ts";

/** What the stack's last `up` left as outputs about its machines. Holds private keys: never print or store one. */
export interface LastUp {
  /** How to log in to a host; undefined before its first `up`. */
  login(host: string): PlainConnection | undefined;
  machine(host: string): MachineReport | undefined;
}

/**
 * Reads the stack's own outputs of the last `up`. Only hosts on EC2 need them (a VM has files, an ssh host its
 * configuration), so without one nothing is read.
 */
export async function lastUp(hosts: readonly HostConfig[]): Promise<LastUp> {
  if (!hosts.some(({ machine }) => machine.kind === "ec2")) return { login: () => undefined, machine: () => undefined };
  const self = new pulumi.StackReference("last-up", { name: `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}` });
  const [logins, machines] = await Promise.all(["logins", "machines"].map(async (name) => {
    const { value, secretValue } = await self.getOutputDetails(name);
    return (secretValue ?? value ?? {}) as Record<string, unknown>;
  }));
  return { login: (host) => logins?.[host] as PlainConnection | undefined, machine: (host) => machines?.[host] as MachineReport | undefined };
}
