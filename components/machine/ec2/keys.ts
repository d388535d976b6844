import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** The two keys of a host's SSH: ours to log in with, and the machine's own, which proves that it is the machine. */

/** What toolchain/ec2/newLoginKey.ts prints. */
interface LoginKey {
  publicKey: string;
  privateKey: string;
}

/** A key pair made once for this host, and kept as a secret of the stack: whoever may run `pulumi up` can log in. */
export function loginKey(name: string, options: pulumi.CustomResourceOptions): { publicKey: pulumi.Output<string>; privateKey: pulumi.Output<string> } {
  const inputs = { create: "node toolchain/ec2/newLoginKey.ts", logging: local.Logging.None, addPreviousOutputInEnv: false };
  // Made once: another run would make another key, and lock us out.
  const command = new local.Command(`${name}-login-key`, inputs, { ...options, additionalSecretOutputs: ["stdout"], ignoreChanges: Object.keys(inputs) });
  const pair = pulumi.secret(command.stdout).apply((text) => JSON.parse(text) as LoginKey);
  return { publicKey: pulumi.unsecret(pair.apply(({ publicKey }) => publicKey)), privateKey: pair.apply(({ privateKey }) => privateKey) };
}

/** What toolchain/ec2/consoleHostKey.ts needs. */
export interface ConsoleArgs {
  instanceId: pulumi.Input<string>;
  region: string;
  /** Profile of ~/.aws/config; null = what the AWS tools use. */
  profile: string | null;
  /** The host's place in the configuration, for errors. */
  path: string;
  /** How long its first boot may take. */
  timeoutSeconds: number;
}

/** The machine's public host key, read from its console over AWS's API before anything connects to it. */
export function consoleHostKey(name: string, args: ConsoleArgs, options: pulumi.CustomResourceOptions): pulumi.Output<string> {
  const command = new local.Command(
    `${name}-host-key`,
    { create: "node toolchain/ec2/consoleHostKey.ts", stdin: pulumi.jsonStringify(args), logging: local.Logging.Stderr },
    options,
  );
  return command.stdout.apply((text) => (JSON.parse(text) as { hostKey: string }).hostKey);
}
