import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Ec2MachineConfig } from "../../config/types.ts";
import type { Ec2Plan } from "./judge.ts";

/** Gives the tags of one resource, by its role. */
export type TagsOf = (role: string) => Record<string, string>;

/** Where the instance stands, and what may reach it. */
export interface HostNetwork {
  subnetId: pulumi.Input<string>;
  securityGroupId: pulumi.Output<string>;
  /** What must be there before a public address works; empty in a subnet that was given. */
  wayOut: pulumi.Resource[];
}

/** A small VPC of the host's own, or the given subnet; and a security group with rules as resources of their own. */
export function hostNetwork(name: string, config: Ec2MachineConfig, plan: Ec2Plan, tags: TagsOf, options: pulumi.CustomResourceOptions): HostNetwork {
  const place = config.subnetId === undefined || plan.vpcId === null ? ownVpc(name, plan.zone, tags, options) : { vpcId: plan.vpcId, subnetId: config.subnetId, wayOut: [] };
  const group = new aws.ec2.SecurityGroup(`${name}-access`, { vpcId: place.vpcId, description: "NanoClaw host: SSH from known networks, nothing else", tags: tags("access") }, options);
  for (const cidr of new Set(config.sshFrom)) {
    const from = cidr.includes(":") ? { cidrIpv6: cidr } : { cidrIpv4: cidr };
    new aws.vpc.SecurityGroupIngressRule(`${name}-ssh-${cidr}`, { securityGroupId: group.id, ipProtocol: "tcp", fromPort: 22, toPort: 22, ...from, tags: tags("ssh") }, options);
  }
  // The plugin removes EC2's own rule that lets everything out, so what may go out is what stands here. DNS and time
  // come from the VPC's own servers, which security groups do not filter; the network of a given subnet may name others
  // for DNS.
  const ports = new Set(config.egressTcpPorts.map((port) => `tcp-${port}`));
  if (config.subnetId !== undefined) ports.add("tcp-53").add("udp-53");
  for (const each of ports) {
    const [ipProtocol = "", port] = each.split("-");
    new aws.vpc.SecurityGroupEgressRule(`${name}-out-${ipProtocol === "tcp" ? port : each}`, { securityGroupId: group.id, ipProtocol, fromPort: Number(port), toPort: Number(port), cidrIpv4: "0.0.0.0/0", tags: tags("out") }, options);
  }
  return { subnetId: place.subnetId, wayOut: place.wayOut, securityGroupId: group.id };
}

function ownVpc(name: string, zone: string, tags: TagsOf, options: pulumi.CustomResourceOptions) {
  const vpc = new aws.ec2.Vpc(`${name}-vpc`, { cidrBlock: "10.83.0.0/24", enableDnsHostnames: true, tags: tags("vpc") }, options);
  const gateway = new aws.ec2.InternetGateway(`${name}-gateway`, { vpcId: vpc.id, tags: tags("gateway") }, options);
  const subnet = new aws.ec2.Subnet(`${name}-subnet`, { vpcId: vpc.id, availabilityZone: zone, cidrBlock: "10.83.0.0/26", tags: tags("subnet") }, options);
  const routes = new aws.ec2.RouteTable(`${name}-routes`, { vpcId: vpc.id, routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: gateway.id }], tags: tags("routes") }, options);
  const association = new aws.ec2.RouteTableAssociation(`${name}-routes-of-subnet`, { subnetId: subnet.id, routeTableId: routes.id }, options);
  return { vpcId: vpc.id, subnetId: subnet.id, wayOut: [gateway, association] };
}
