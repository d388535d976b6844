import * as pulumi from "@pulumi/pulumi";
import type { Machine, PlainConnection } from "./index.ts";

/** How to log in to a machine, in plain values, once it is there; secret, because the private key is in it. */
export function loginTo(machine: Machine, sudoPassword: pulumi.Output<string> | undefined): pulumi.Output<PlainConnection & { sudoPassword?: string }> {
  return pulumi.secret(
    pulumi.all([machine.connection, sudoPassword]).apply(([args, password]) => {
      const { host, port, user, hostKey, privateKey, proxy } = args;
      const login = { ...(privateKey && { privateKey }), ...(machine.agent && { agent: machine.agent }) };
      return {
        host,
        port: port ?? 22,
        user: user ?? machine.user,
        hostKey: hostKey ?? null,
        ...login,
        ...(proxy && { proxy: { host: proxy.host, port: proxy.port ?? 22, user: proxy.user ?? machine.user, hostKey: proxy.hostKey ?? null, ...login } }),
        ...(password && { sudoPassword: password }),
      };
    }),
  );
}
