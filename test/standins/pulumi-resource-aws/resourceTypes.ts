// Part of the stand-in for the `aws` plugin: the resource types that our stacks use, with what a change of each field does.
import type { Properties } from "./account.ts";

/** What a resource type takes. */
export interface ResourceType {
  /** Of its ids. */
  prefix: string;
  required: string[];
  optional: string[];
  /** Fields whose change makes another resource. */
  replacing: string[];
  /** Outputs besides the inputs, unknown at preview. */
  computed: string[];
}

const type = (prefix: string, required: string[], optional: string[], replacing: string[], computed: string[] = []): ResourceType => ({ prefix, required, optional: [...optional, "tags"], replacing, computed });
const rule = type("sgr", ["securityGroupId", "ipProtocol"], ["fromPort", "toPort", "cidrIpv4", "cidrIpv6", "description"], ["securityGroupId"]);

/** By Pulumi's token. */
export const resourceTypes: Record<string, ResourceType> = {
  "aws:ec2/vpc:Vpc": type("vpc", ["cidrBlock"], ["enableDnsHostnames"], ["cidrBlock"]),
  "aws:ec2/internetGateway:InternetGateway": type("igw", ["vpcId"], [], []),
  "aws:ec2/subnet:Subnet": type("subnet", ["vpcId"], ["availabilityZone", "cidrBlock"], ["vpcId", "availabilityZone", "cidrBlock"]),
  "aws:ec2/routeTable:RouteTable": type("rtb", ["vpcId"], ["routes"], ["vpcId"]),
  "aws:ec2/routeTableAssociation:RouteTableAssociation": type("rtbassoc", ["subnetId", "routeTableId"], [], ["subnetId"]),
  "aws:ec2/securityGroup:SecurityGroup": type("sg", ["vpcId", "description"], [], ["vpcId", "description"]),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": rule,
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": rule,
  "aws:ec2/eip:Eip": type("eipalloc", ["domain"], ["instance"], ["domain"], ["publicIp"]),
  "aws:ebs/volume:Volume": type("vol", ["availabilityZone", "size"], ["type", "encrypted", "finalSnapshot", "snapshotId"], ["availabilityZone", "encrypted", "snapshotId"]),
  "aws:ec2/volumeAttachment:VolumeAttachment": type("vai", ["instanceId", "volumeId", "deviceName"], ["stopInstanceBeforeDetaching"], ["instanceId", "volumeId", "deviceName"]),
  "aws:ec2/instance:Instance": type(
    "i",
    ["ami", "instanceType", "subnetId", "vpcSecurityGroupIds"],
    ["associatePublicIpAddress", "metadataOptions", "rootBlockDevice", "userData", "userDataReplaceOnChange", "disableApiTermination", "forceDestroy", "maintenanceOptions", "instanceMarketOptions"],
    ["ami", "subnetId", "associatePublicIpAddress"],
    ["publicIp", "privateIp"],
  ),
  "aws:iam/role:Role": type("role", ["assumeRolePolicy"], [], [], ["arn", "name"]),
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": type("rpa", ["role", "policyArn"], [], ["role", "policyArn"]),
  "aws:dlm/lifecyclePolicy:LifecyclePolicy": type("policy", ["description", "executionRoleArn", "policyDetails"], ["state"], []),
};

/** Fields that are missing, or that the type does not have. */
export function wrongFields(token: string, inputs: Properties): { property: string; reason: string }[] {
  const { required, optional } = known(token);
  const missing = required.filter((field) => inputs[field] === undefined || inputs[field] === null);
  const strange = Object.keys(inputs).filter((field) => ![...required, ...optional, "__defaults"].includes(field));
  return [
    ...missing.map((property) => ({ property, reason: "missing required field" })),
    ...strange.map((property) => ({ property, reason: `this stand-in's ${token} has no such field` })),
  ];
}

/** A type by its token. @throws Error for one that our stacks do not use */
export function known(token: string): ResourceType {
  const found = resourceTypes[token];
  if (!found) throw new Error(`${token}: this stand-in of the aws plugin does not have it`);
  return found;
}
