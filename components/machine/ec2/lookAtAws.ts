import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { formatHostErrors } from "../../configErrors.ts";
import type { Ec2MachineConfig } from "../../config/types.ts";
import { instanceTable } from "../../instanceTable.ts";
import type { InstanceType } from "../../instanceTypes.ts";
import { Refusal } from "../../refusal.ts";
import type { MachineReport } from "../index.ts";
import { explainAws, isDenied } from "./awsErrors.ts";
import { judge, onDemandUsdPerHour, vcpuQuota, type AwsFacts, type Ec2Plan } from "./judge.ts";
import { snapshotTag, snapshotTagName } from "./storage.ts";
import { whatIsThere } from "./there.ts";

/** What is asked of AWS before anything is made. */
export interface AwsQuestions {
  /** The host's place in the configuration, for errors. */
  path: string;
  config: Ec2MachineConfig;
  type: InstanceType;
  /** What the last `up` that came to its end made. */
  last: MachineReport | undefined;
  /** `project/stack/host`: the tag by which this host's volume and machine are found. */
  owner: { project: string; stack: string; host: string };
}

/** Ubuntu 24.04 as Canonical publishes it; the parameter's value moves on with every build. */
const imageParameter = (architecture: InstanceType["architecture"]): string =>
  `/aws/service/canonical/ubuntu/server/24.04/stable/current/${architecture === "arm64" ? "arm64" : "amd64"}/hvm/ebs-gp3/ami-id`;

/**
 * Asks AWS, at preview and at up, for everything that can be wrong before a resource is made, and decides on the zone.
 * What the credentials may not ask is left out, with a warning where it matters. Warnings are printed.
 *
 * @throws pulumi.RunError with everything that is wrong
 */
export async function lookAtAws(questions: AwsQuestions, options: pulumi.InvokeOptions, pricing: pulumi.InvokeOptions): Promise<Ec2Plan> {
  const { path, config, type, last, owner } = questions;
  const ask = asker(path);
  try {
    // One question first: without credentials or with a wrong region, every other one would say the same.
    const image = await ask(() => aws.ssm.getParameter({ name: imageParameter(type.architecture) }, options));
    const [offerings, live, quota, price, subnet, volume, instance] = await Promise.all([
      ask(() => aws.ec2.getInstanceTypeOfferings({ locationType: "availability-zone", filters: [{ name: "instance-type", values: [type.name] }] }, options)),
      ask(() => aws.ec2.getInstanceType({ instanceType: type.name }, options)),
      ask(() => aws.servicequotas.getServiceQuota({ serviceCode: "ec2", quotaCode: vcpuQuota(config) }, options), "optional"),
      ask(() => aws.pricing.getProduct({ serviceCode: "AmazonEC2", filters: priceFilters(type.name, config.region) }, pricing), "optional"),
      config.subnetId === undefined ? undefined : ask(() => aws.ec2.getSubnet({ id: config.subnetId! }, options)),
      ask(() => aws.ebs.getVolume({ mostRecent: true, filters: [{ name: `tag:${snapshotTagName}`, values: [snapshotTag(owner)] }, { name: "status", values: ["creating", "available", "in-use"] }] }, options)),
      ask(() => aws.ec2.getInstance({ filters: [...tagFilters(owner), { name: "instance-state-name", values: ["pending", "running", "stopping", "stopped"] }] }, options)),
    ]);
    const facts: AwsFacts = {
      imageId: image?.insecureValue,
      zones: offerings?.locations,
      type: live && { vcpus: live.defaultVcpus, memoryGiB: live.memorySize / 1024, architectures: live.supportedArchitectures },
      vcpuLimit: quota?.value,
      usdPerHour: price && onDemandUsdPerHour(price.result),
      subnet: subnet && { vpcId: subnet.vpcId, zone: subnet.availabilityZone },
    };
    const found = {
      volume: volume && { zone: volume.availabilityZone, sizeGiB: volume.size },
      instance: instance && { type: instance.instanceType, rootDiskGiB: instance.rootBlockDevices[0]?.volumeSize ?? 0 },
    };
    const { plan, errors, warnings } = judge({ path, config, type, there: whatIsThere(found, last, instanceTable()) }, facts);
    if (errors.length > 0) throw new pulumi.RunError(formatHostErrors(path, errors));
    for (const warning of warnings) await pulumi.log.warn(warning);
    return plan;
  } catch (error) {
    if (error instanceof Refusal) throw new pulumi.RunError(formatHostErrors(path, [error.parts]));
    throw error;
  }
}

/** How AWS and its plugin say that a type is not offered in the region, or that nothing has the tags asked for. */
const nothing = /InvalidInstanceType|query returned no results|no matching EC2 (?:EBS Volume|Instance(?: Type)?)s? found/;

/**
 * Asks one question. "There is none", an answer that the credentials may not have, or any failure of an optional
 * question, is `undefined`; every other error is a `Refusal` in our words where we have some.
 */
function asker(path: string) {
  return async <T>(question: () => Promise<T>, need: "needed" | "optional" = "needed"): Promise<T | undefined> => {
    try {
      return await question();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (need === "optional" || isDenied(message) || nothing.test(message)) return undefined;
      const parts = explainAws(message, path);
      throw parts === undefined ? error : new Refusal(parts);
    }
  };
}

/** These describe exactly one product, which the plugin demands. */
function priceFilters(instanceType: string, region: string) {
  const values = { instanceType, regionCode: region, operatingSystem: "Linux", tenancy: "Shared", preInstalledSw: "NA", capacitystatus: "Used", marketoption: "OnDemand", licenseModel: "No License required" };
  return Object.entries(values).map(([field, value]) => ({ field, value }));
}

function tagFilters(owner: AwsQuestions["owner"]) {
  return Object.entries(owner).map(([name, value]) => ({ name: `tag:${name}`, values: [value] }));
}
