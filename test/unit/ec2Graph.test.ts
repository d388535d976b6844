import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { userDataLimitBytes } from "../../components/machine/userData.ts";
import type { Ec2 } from "../../components/machine/ec2/ec2.ts";
import { all, asked, instance, make, only, privateKey, registered, types, valueOf } from "./ec2Mocks.ts";

/** What the engine is asked to make for an EC2 host, with no plugin and no AWS. */

describe("N decides the type and the volumes", () => {
  test.each([
    [1, {}, {}, "m6a.xlarge", 29, 5],
    [2, {}, {}, "m6a.2xlarge", 30, 7],
    [4, {}, {}, "m6a.4xlarge", 32, 11],
    [8, {}, {}, "m6a.8xlarge", 36, 19],
    [2, {}, { cpuOvercommit: 1.5 }, "m6a.xlarge", 30, 7],
    [2, { architecture: "arm64" }, {}, "c7g.2xlarge", 30, 7],
    [2, { instanceType: "m7i.2xlarge" }, {}, "m7i.2xlarge", 30, 7],
    [1, { diskGiB: 100, stateDiskGiB: 50 }, {}, "m6a.xlarge", 100, 50],
  ])("N = %i with %j %j is a %s with %i and %i GiB", async (containers, machine, host, type, rootDiskGiB, stateDiskGiB) => {
    const made = await make(machine, { containers, ...host });
    expect(instance()).toMatchObject({ instanceType: type, rootBlockDevice: { volumeSize: rootDiskGiB } });
    expect(only("aws:ebs/volume:Volume").inputs).toMatchObject({ size: stateDiskGiB });
    expect(await valueOf(made.report)).toEqual({ kind: "ec2", instanceType: type, zone: "eu-west-1a", rootDiskGiB, stateDiskGiB, monthlyCostUsd: 146, priceFrom: "AWS" });
  });

  test("the image is Ubuntu's for the architecture of the type", async () => {
    await make({ architecture: "arm64" }, { containers: 2 });
    expect(asked.find(({ token }) => token.includes("getParameter"))?.inputs["name"]).toBe("/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id");
    expect(instance()["ami"]).toBe("ami-0123");
  });
});

describe("the machine", () => {
  test("gives metadata only to itself and only with a token, has an encrypted disk, and recovers by itself", async () => {
    await make();
    expect(instance()).toMatchObject({
      metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
      rootBlockDevice: { encrypted: true, volumeType: "gp3", deleteOnTermination: true },
      maintenanceOptions: { autoRecovery: "default" },
      disableApiTermination: true,
      forceDestroy: false,
      userDataReplaceOnChange: false,
    });
    expect(instance()["iamInstanceProfile"]).toBeUndefined();
    expect(instance()["instanceMarketOptions"]).toBeUndefined();
  });

  test("gets user data that lets one key in, and holds no secret", async () => {
    await make();
    const text = String(instance()["userData"]);
    expect(text).toContain('- "ssh-ed25519 AAAAlogin x"');
    expect(text).toContain('name: "provision"');
    expect(text).toContain("ssh_pwauth: false");
    expect(text).not.toMatch(/PRIVATE KEY|canary|sk-ant/);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(userDataLimitBytes);
  });

  test("is reached at its Elastic IP, with the host key from its console, and our own key stays secret", async () => {
    const made = await make();
    expect(await valueOf(made.connection)).toMatchObject({ host: "198.51.100.1", port: 22, user: "provision", hostKey: "ssh-ed25519 AAAAhost", privateKey });
    expect(await pulumi.isSecret(made.connection)).toBe(true);
    for (const { name, inputs } of registered) expect(JSON.stringify(inputs), name).not.toContain("canary");
    expect(JSON.parse(registered.find(({ name }) => name === "pilot-machine-host-key")!.inputs["stdin"])).toMatchObject({ instanceId: "pilot-machine-instance-id", region: "eu-west-1" });
  });

  test("is reached at the host key that the user gave, and its console is not read then", async () => {
    const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
    const made = await make({ hostKey: key });
    expect((await valueOf(made.connection)).hostKey).toBe(key);
    expect(registered.some(({ name }) => name.endsWith("host-key"))).toBe(false);
  });

  test("without an Elastic IP is reached at its own public address, without a public one at its private address", async () => {
    expect((await valueOf((await make({ elasticIp: false })).connection)).host).toBe("198.51.100.2");
    const inside = await make({ elasticIp: false, publicAddress: false, subnetId: "subnet-0a1b2c3d" });
    expect((await valueOf(inside.connection)).host).toBe("10.1.2.3");
    expect(instance()["associatePublicIpAddress"]).toBe(false);
    expect(all("aws:ec2/eip:Eip")).toEqual([]);
  });

  test("on arm64 and spot is asked for as both: Graviton's image, another quota", async () => {
    await make({ architecture: "arm64", spot: "I accept that AWS may stop this host at any time" }, { containers: 2 });
    expect(instance()).toMatchObject({ instanceType: "c7g.2xlarge", instanceMarketOptions: { marketType: "spot" } });
    expect(asked.find(({ token }) => token.includes("getParameter"))?.inputs["name"]).toContain("/arm64/");
    expect(asked.find(({ token }) => token.includes("getServiceQuota"))?.inputs["quotaCode"]).toBe("L-34B43A08");
  });

  test("of bare metal is waited for longer, for it takes many minutes to boot", async () => {
    types["m7i.metal-24xl"] = [96, 384, "x86_64"];
    const metal = await make({ instanceType: "m7i.metal-24xl" });
    const limit = async (made: Ec2) => {
      const { dialErrorLimit, perDialTimeout } = await valueOf(made.connection);
      return Number(dialErrorLimit) * Number(perDialTimeout);
    };
    const timeout = () => JSON.parse(registered.find(({ name }) => name === "pilot-machine-host-key")!.inputs["stdin"]).timeoutSeconds;
    expect([await limit(metal), timeout()]).toEqual([1200, 1800]);
    expect([await limit(await make()), timeout()]).toEqual([120, 900]);
  });

  test("is spot only by the words, persistent and stopped rather than ended, without the protection that AWS refuses then", async () => {
    await make({ spot: "I accept that AWS may stop this host at any time" });
    expect(instance()).toMatchObject({ disableApiTermination: false, instanceMarketOptions: { marketType: "spot", spotOptions: { spotInstanceType: "persistent", instanceInterruptionBehavior: "stop" } } });
  });
});

describe("state", () => {
  test("lies on an encrypted volume of its own, in the machine's zone, with a last snapshot when it goes", async () => {
    const made = await make();
    expect(only("aws:ebs/volume:Volume").inputs).toMatchObject({ encrypted: true, type: "gp3", finalSnapshot: true, availabilityZone: "eu-west-1a" });
    expect(only("aws:ec2/volumeAttachment:VolumeAttachment").inputs).toMatchObject({ stopInstanceBeforeDetaching: true, deviceName: "/dev/sdf" });
    expect(await valueOf(made.stateDevice)).toBe("/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0a1b2c3d4e5f60718");
  });

  test("is snapshotted daily in profile production, and elsewhere when a number is given", async () => {
    await make();
    expect(all("aws:dlm/lifecyclePolicy:LifecyclePolicy")).toEqual([]);
    await make({}, { profile: "production" });
    const { policyDetails, description } = only("aws:dlm/lifecyclePolicy:LifecyclePolicy").inputs;
    expect(description).toMatch(/^[0-9A-Za-z _-]{1,500}$/); // all that DLM takes
    expect(policyDetails.schedules[0]).toMatchObject({ createRule: { interval: 24 }, retainRule: { count: 7 } });
    expect(only("aws:ebs/volume:Volume").inputs["tags"]).toMatchObject(policyDetails.targetTags);
    await make({ snapshotsKept: 0 }, { profile: "production" });
    expect(all("aws:dlm/lifecyclePolicy:LifecyclePolicy")).toEqual([]);
    await make({ snapshotsKept: 3 });
    expect(only("aws:dlm/lifecyclePolicy:LifecyclePolicy").inputs["policyDetails"].schedules[0].retainRule.count).toBe(3);
  });

  test("may come from a snapshot", async () => {
    await make({ stateSnapshotId: "snap-0a1b2c3d" });
    expect(only("aws:ebs/volume:Volume").inputs["snapshotId"]).toBe("snap-0a1b2c3d");
  });
});

describe("the network", () => {
  test("lets in SSH from the given networks and nothing else, and out only what is listed", async () => {
    await make({ sshFrom: ["203.0.113.7/32", "2001:db8::/48"] });
    const rules = (type: string) => all(type).map(({ inputs }) => [inputs["cidrIpv4"] ?? inputs["cidrIpv6"], inputs["ipProtocol"], inputs["fromPort"], inputs["toPort"]].join(" "));
    expect(rules("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")).toEqual(["203.0.113.7/32 tcp 22 22", "2001:db8::/48 tcp 22 22"]);
    expect(rules("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")).toEqual(["0.0.0.0/0 tcp 80 80", "0.0.0.0/0 tcp 443 443"]);
    expect(all("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule").map(({ name }) => name)).toEqual(["pilot-machine-out-80", "pilot-machine-out-443"]);
    const group = only("aws:ec2/securityGroup:SecurityGroup").inputs;
    expect([group["ingress"], group["egress"]]).toEqual([undefined, undefined]);
  });

  test("lets DNS out as well in a subnet that is given, whose DNS servers may be anywhere", async () => {
    await make({ subnetId: "subnet-0a1b2c3d", egressTcpPorts: [443, 53, 443] });
    const out = all("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule").map(({ inputs }) => `${inputs["ipProtocol"]} ${inputs["fromPort"]}`);
    expect(out).toEqual(["tcp 443", "tcp 53", "udp 53"]);
  });

  test("is a small VPC of the host's own, or the subnet that is given", async () => {
    await make();
    expect(only("aws:ec2/vpc:Vpc").inputs["cidrBlock"]).toBe("10.83.0.0/24");
    await make({ subnetId: "subnet-0a1b2c3d" });
    expect(all("aws:ec2/vpc:Vpc")).toEqual([]);
    expect(instance()["subnetId"]).toBe("subnet-0a1b2c3d");
    expect(only("aws:ec2/securityGroup:SecurityGroup").inputs["vpcId"]).toBe("vpc-9");
    expect(only("aws:ebs/volume:Volume").inputs["availabilityZone"]).toBe("eu-west-1b");
  });
});

test("everything that AWS bills carries the tags that costs are told apart by, and the user's", async () => {
  await make({ tags: { team: "a" } });
  const untaggable = /Association|VolumeAttachment|RolePolicyAttachment/;
  for (const { name, inputs } of registered.filter(({ type }) => type.startsWith("aws:") && !untaggable.test(type))) {
    expect(inputs["tags"], name).toMatchObject({ team: "a", project: "podman-nanoclaw-runtime", stack: "test", host: "pilot" });
  }
  expect(instance()["rootBlockDevice"]["tags"]).toMatchObject({ team: "a", host: "pilot" });
});
