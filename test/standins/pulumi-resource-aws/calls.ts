// Part of the stand-in for the `aws` plugin: the questions that our program asks of AWS.
import { instanceTable } from "../../../components/instanceTable.ts";
import type { Account, Properties } from "./account.ts";
import { limits } from "./refusals.ts";

/** Answers a call by its token, for a region. @throws Error as AWS words it */
export function answer(token: string, args: Properties, region: string, account: Account): Properties {
  switch (token) {
    case "aws:ssm/getParameter:getParameter": {
      const architecture = /^\/aws\/service\/canonical\/ubuntu\/server\/24\.04\/stable\/current\/(amd64|arm64)\/hvm\/ebs-gp3\/ami-id$/.exec(args["name"])?.[1];
      if (!architecture) throw new Error(`reading SSM Parameter (${args["name"]}): couldn't find resource`);
      const build = process.env["AWS_STANDIN_IMAGE_BUILD"] ?? "1";
      return { name: args["name"], insecureValue: `ami-standin-${build}-${architecture}` };
    }
    case "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": {
      const [name] = args["filters"][0].values as string[];
      return { locations: instanceTable().some((type) => type.name === name) ? limits.zones(region) : [], instanceTypes: [], locationTypes: [] };
    }
    case "aws:ec2/getInstanceType:getInstanceType": {
      const type = instanceTable().find(({ name }) => name === args["instanceType"]);
      if (!type) throw new Error(`api error InvalidInstanceType: The following supplied instance types do not exist: [${args["instanceType"]}]`);
      return { defaultVcpus: type.vcpus, memorySize: type.memoryGiB * 1024, supportedArchitectures: [type.architecture] };
    }
    case "aws:servicequotas/getServiceQuota:getServiceQuota":
      throw new Error("operation error Service Quotas: GetServiceQuota, api error AccessDeniedException: not authorized to perform: servicequotas:GetServiceQuota");
    case "aws:pricing/getProduct:getProduct": {
      const wanted = (args["filters"] as { field: string; value: string }[]).find(({ field }) => field === "instanceType")?.value;
      const type = instanceTable().find(({ name }) => name === wanted);
      return { result: JSON.stringify({ terms: { OnDemand: { a: { priceDimensions: { b: { pricePerUnit: { USD: String(type?.usdPerHour) } } } } } } }) };
    }
    case "aws:ebs/getVolume:getVolume": {
      const [, volume] = account.ofType("aws:ebs/volume:Volume").find(([, { properties }]) => hasTags(properties, args)) ?? [];
      if (!volume) throw new Error("Your query returned no results. Please change your search criteria and try again.");
      return { availabilityZone: volume.properties["availabilityZone"], size: volume.properties["size"] };
    }
    case "aws:ec2/getInstance:getInstance": {
      const found = account.ofType("aws:ec2/instance:Instance").filter(([, { properties }]) => hasTags(properties, args));
      if (found.length !== 1) throw new Error(found.length === 0 ? "no matching EC2 Instance found" : "multiple EC2 Instances matched; use additional constraints to reduce matches to a single EC2 Instance");
      const { instanceType, rootBlockDevice } = found[0]![1].properties;
      return { instanceType, rootBlockDevices: [rootBlockDevice] };
    }
    case "aws:ec2/getSubnet:getSubnet": {
      const subnet = account.get(args["id"]);
      if (!subnet) throw new Error("no matching EC2 Subnet found");
      return { id: args["id"], vpcId: subnet.properties["vpcId"], availabilityZone: subnet.properties["availabilityZone"] };
    }
    default:
      throw new Error(`${token}: this stand-in of the aws plugin does not have it`);
  }
}

function hasTags(properties: Properties, { filters }: Properties): boolean {
  return (filters as { name: string; values: string[] }[]).filter(({ name }) => name.startsWith("tag:")).every(({ name, values }) => values.includes(properties["tags"]?.[name.slice(4)]));
}
