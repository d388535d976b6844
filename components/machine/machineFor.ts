import type { HostConfig, StackSecrets } from "../config.ts";
import type { HostSize } from "../sizing.ts";
import type { Machine } from "./index.ts";
import { sshMachine } from "./ssh.ts";
import { Vm } from "./vm.ts";

/**
 * The machine of one host, by its kind. The only place that asks for the kind.
 *
 * @param root directory of the checkout
 */
export function machineFor(host: HostConfig, size: HostSize, secrets: StackSecrets, root: string): Machine {
  const { name, machine } = host;
  switch (machine.kind) {
    case "ssh": {
      const privateKey = secrets.sshPrivateKey(name);
      return sshMachine({ name, config: machine, ...(privateKey && { privateKey }) });
    }
    case "vm":
      return new Vm(name, { config: machine, size, root });
  }
}
