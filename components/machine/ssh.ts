import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";
import type { SshMachineConfig } from "../config/types.ts";
import type { Machine, PlainConnection } from "./index.ts";

/** What `sshMachine` needs besides the plain configuration. */
export interface SshMachineArgs {
  config: SshMachineConfig;
  /** The private key from the stack's secrets, where one is given: it wins over `privateKeyFile`. */
  privateKey?: pulumi.Output<string>;
}

/** Dials for about two minutes: a machine that is booting is waited for, an unreachable one ends the `up`. */
export const dialing = { dialErrorLimit: 8, perDialTimeout: 15 } as const;

/** Turns plain values into what the `command` provider takes; the key in it is marked secret. */
export function connectionArgs(plain: PlainConnection): types.input.remote.ConnectionArgs {
  // The provider takes the agent of its environment by itself, and a path here would be another in each session.
  const { hostKey, privateKey, password, proxy, agent: _, ...rest } = plain;
  return {
    ...rest,
    ...dialing,
    ...(hostKey === null ? {} : { hostKey }),
    ...(privateKey === undefined ? {} : { privateKey: pulumi.secret(privateKey) }),
    ...(password === undefined ? {} : { password: pulumi.secret(password) }),
    ...(proxy === undefined ? {} : { proxy: connectionArgs(proxy) }),
  };
}

/** How an ssh host is logged in to, in plain values; the key in it comes from the stack's secrets, a file or the agent. */
export function sshLogin(config: SshMachineConfig, secretKey: pulumi.Output<string> | undefined): pulumi.Output<PlainConnection> {
  const file = config.privateKeyFile;
  const key: pulumi.Output<string | undefined> = secretKey ?? pulumi.output(file === undefined ? undefined : readFileSync(file, "utf8"));
  return key.apply((privateKey): PlainConnection => {
    const login = {
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(config.agent === true ? { agent: true as const } : {}),
    };
    const { bastion } = config;
    return {
      host: config.address,
      port: config.port,
      user: config.user,
      hostKey: config.hostKey ?? null,
      ...login,
      ...(bastion === undefined
        ? {}
        : { proxy: { host: bastion.address, port: bastion.port, user: bastion.user, hostKey: bastion.hostKey ?? null, ...login } }),
    };
  });
}

/**
 * A machine that exists already and is reached over SSH: bare metal, a rented server, somebody's VM.
 * Makes no resource: `pulumi destroy` leaves the machine itself alone.
 */
export function sshMachine({ config, privateKey }: SshMachineArgs): Machine {
  return {
    id: `${config.address}:${config.port}`,
    connection: pulumi.secret(sshLogin(config, privateKey)).apply(connectionArgs),
    ...(config.agent === true ? { agent: true as const } : {}),
    user: config.user,
    stateDevice: null,
  };
}
