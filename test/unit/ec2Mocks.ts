import * as pulumi from "@pulumi/pulumi";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { expect } from "vitest";
import { parseConfig } from "../../components/config/parseConfig.ts";
import type { Ec2MachineConfig } from "../../components/config/types.ts";
import type { Ec2 } from "../../components/machine/ec2/ec2.ts";
import { sizeHost } from "../../components/sizing.ts";

/** An EC2 host with mocks in the place of the engine and of AWS: what would be made, and what would be asked. */

/** A resource as it was registered. */
export type Registered = { name: string; type: string; inputs: Record<string, any> };
/** Every resource that the program registered since `make` began, and every call. */
export const registered: Registered[] = [];
export const asked: { token: string; inputs: Record<string, any> }[] = [];
/** The login key that must never show. */
export const privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----canary-4c1e";

/** vCPUs, GiB and architecture by type, as AWS says them. */
export const types: Record<string, [number, number, string]> = {
  "m6a.xlarge": [4, 16, "x86_64"], "m6a.2xlarge": [8, 32, "x86_64"], "m6a.4xlarge": [16, 64, "x86_64"], "m6a.8xlarge": [32, 128, "x86_64"],
  "c7g.2xlarge": [8, 16, "arm64"], "m7i.2xlarge": [8, 32, "x86_64"],
};

/** What AWS answers in a test of its own, by the call's token: what it has of the host already, and errors. */
export const at: { there: Record<string, Record<string, any>>; refusals: Record<string, string> } = { there: {}, refusals: {} };

// The SDK's mocks know no error hooks yet.
(MockMonitor.prototype as unknown as Record<string, unknown>)["registerErrorHook"] = (_request: unknown, done: (error: null, answer: object) => void) => done(null, {});

pulumi.runtime.setMocks(
  {
    newResource({ name, type, inputs }) {
      registered.push({ name, type, inputs });
      const outputs: Record<string, unknown> = {
        "pilot-machine-login-key": { stdout: JSON.stringify({ publicKey: "ssh-ed25519 AAAAlogin x", privateKey }) },
        "pilot-machine-host-key": { stdout: JSON.stringify({ instanceId: "i-1", hostKey: "ssh-ed25519 AAAAhost" }) },
      };
      const state = { ...inputs, publicIp: type === "aws:ec2/eip:Eip" ? "198.51.100.1" : "198.51.100.2", privateIp: "10.1.2.3", ...(outputs[name] as object | undefined) };
      const id = type === "aws:ebs/volume:Volume" ? "vol-0a1b2c3d4e5f60718" : `${name}-id`;
      return { id, state };
    },
    call({ token, inputs }) {
      asked.push({ token, inputs });
      const refusal = at.refusals[token];
      if (refusal) throw Object.assign(new Error(refusal), { details: refusal }); // as gRPC has it
      const [vcpus = 0, gib = 0, architecture = ""] = types[inputs["instanceType"]] ?? [];
      const answers: Record<string, Record<string, any>> = {
        "aws:ssm/getParameter:getParameter": { insecureValue: "ami-0123" },
        "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": { locations: ["eu-west-1b", "eu-west-1a"] },
        "aws:ec2/getInstanceType:getInstanceType": { defaultVcpus: vcpus, memorySize: gib * 1024, supportedArchitectures: [architecture] },
        "aws:servicequotas/getServiceQuota:getServiceQuota": { value: 256 },
        "aws:pricing/getProduct:getProduct": { result: '{"terms":{"OnDemand":{"a":{"priceDimensions":{"b":{"pricePerUnit":{"USD":"0.2"}}}}}}}' },
        "aws:ec2/getSubnet:getSubnet": { vpcId: "vpc-9", availabilityZone: "eu-west-1b" },
      };
      const answer = { ...answers, ...at.there }[token];
      if (answer === undefined) throw Object.assign(new Error(`${token}: no matching`), { details: token.includes("getVolume") ? "Your query returned no results. Please change your search criteria and try again." : "no matching EC2 Instance found" });
      return answer;
    },
  },
  "podman-nanoclaw-runtime",
  "test",
  false,
);

/** Makes the machine of a host called pilot. */
export async function make(machine: Record<string, unknown> = {}, host: Record<string, unknown> = {}): Promise<Ec2> {
  registered.length = 0;
  asked.length = 0;
  const raw = { hosts: { pilot: { machine: { kind: "ec2", region: "eu-west-1", sshFrom: ["203.0.113.7/32"], ...machine }, containers: 1, ...host } } };
  const parsed = parseConfig(raw, { exists: () => true, read: () => "", absolute: (path) => path, agentFault: () => undefined });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const config = parsed.config.hosts[0]!;
  const { ec2Machine } = await import("../../components/machine/ec2/ec2.ts");
  const made = await ec2Machine(config, config.machine as Ec2MachineConfig, sizeHost(config), undefined);
  await Promise.all([valueOf(made.connection), valueOf(made.stateDevice), valueOf(made.report)]);
  await new Promise((resolve) => setImmediate(resolve));
  return made;
}

/** The value of an output. */
export const valueOf = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((resolve) => void output.apply((value) => resolve(value as T)));
/** The resources of a type. */
export const all = (type: string): Registered[] => registered.filter((one) => one.type === type);
/** The one resource of a type. */
export const only = (type: string): Registered => {
  const found = all(type);
  expect(found.map(({ name }) => name), `one ${type} among ${registered.map((one) => one.type).join(", ")}`).toHaveLength(1);
  return found[0]!;
};
/** The instance's inputs. */
export const instance = () => only("aws:ec2/instance:Instance").inputs;
