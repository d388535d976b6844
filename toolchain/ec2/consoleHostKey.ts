import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { EC2Client, GetConsoleOutputCommand } from "@aws-sdk/client-ec2";

import { explainAws } from "../../components/machine/ec2/awsErrors.ts";
import { Refusal } from "../../components/refusal.ts";
import { hostKeyOnConsole } from "../vm/hostKey.ts";

/**
 * Prints the public SSH host key of an EC2 instance, as cloud-init wrote it on the instance's console at first boot.
 * stdin: JSON `{instanceId, region, profile, timeoutSeconds, path}`. Only `ec2:GetConsoleOutput` is needed; the key is
 * known before the first connection, and no private key ever travels. stdout: JSON `{instanceId, hostKey}`; when Pulumi
 * hands over what was printed for the same instance before, that is printed again, for a console keeps only so much.
 */
interface Settings {
  instanceId: string;
  region: string;
  /** Profile of ~/.aws/config; null = what the AWS tools use. */
  profile: string | null;
  /** A first boot takes one to three minutes on EC2. */
  timeoutSeconds: number;
  /** The host's place in the configuration, for errors. */
  path: string;
}

async function read({ instanceId, region, profile, timeoutSeconds, path }: Settings): Promise<string> {
  const client = new EC2Client({ region, ...(profile === null ? {} : { profile }) });
  const deadline = Date.now() + timeoutSeconds * 1000;
  let last = "";
  for (;;) {
    // `Latest` asks the instance's serial port itself; without it AWS answers minutes later. All our types have it.
    const { Output } = await client.send(new GetConsoleOutputCommand({ InstanceId: instanceId, Latest: true })).catch((error: Error) => {
      throw new Refusal(explainAws(`${error.name}: ${error.message}`, path) ?? { field: `${path}.machine`, wanted: "the console output of the instance", given: error.message, remedy: "give `hostKey`, as the machine's console in the AWS console shows it" });
    });
    last = Buffer.from(Output ?? "", "base64").toString("latin1");
    const key = hostKeyOnConsole(last);
    if (key !== null) return key;
    if (Date.now() > deadline) break;
    process.stderr.write(`waiting for the first boot of ${instanceId} to print its host key\n`);
    await sleep(5000);
  }
  throw new Refusal({
    field: `${path}.machine`,
    wanted: `the SSH host key of ${instanceId} on its console within ${timeoutSeconds} s`,
    given: last === "" ? "an empty console" : `a console that ends with:\n${last.trimEnd().split("\n").slice(-15).join("\n")}\n`,
    remedy: "see the lines above; if the machine booted more than once the key is no longer there: give it as `hostKey`, or `pulumi up --replace` the instance",
  });
}

/** The key that an earlier run read from this very instance. */
function keyFromBefore(instanceId: string): string | undefined {
  const before = process.env["PULUMI_COMMAND_STDOUT"];
  if (!before) return undefined;
  const known = JSON.parse(before) as { instanceId: string; hostKey: string };
  return known.instanceId === instanceId ? known.hostKey : undefined;
}

try {
  const settings = JSON.parse(readFileSync(0, "utf8")) as Settings;
  const { instanceId } = settings;
  process.stdout.write(JSON.stringify({ instanceId, hostKey: keyFromBefore(instanceId) ?? (await read(settings)) }));
} catch (error) {
  process.stderr.write(`error: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
