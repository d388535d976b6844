import { beforeEach, describe, expect, test } from "vitest";
import { asked, at, instance, make, only, registered, valueOf } from "./ec2Mocks.ts";

/** What AWS's answers at preview make of the plan for an EC2 host, with no plugin and no AWS. */

beforeEach(() => {
  at.refusals = {};
  at.there = {};
});

describe("what is at AWS already", () => {
  test("a smaller N keeps volumes as large as they are at AWS, and the zone they are in", async () => {
    at.there = {
      "aws:ebs/getVolume:getVolume": { availabilityZone: "eu-west-1b", size: 11 },
      "aws:ec2/getInstance:getInstance": { instanceType: "m6a.4xlarge", rootBlockDevices: [{ volumeSize: 32 }] },
    };
    await make();
    expect(instance()["rootBlockDevice"]["volumeSize"]).toBe(32);
    expect(only("aws:ebs/volume:Volume").inputs).toMatchObject({ size: 11, availabilityZone: "eu-west-1b" });
    expect(only("aws:ec2/subnet:Subnet").inputs["availabilityZone"]).toBe("eu-west-1b");
  });

  test("what is there is found by the tags that the program itself gives", async () => {
    await make();
    const wanted = (token: string) => Object.fromEntries((asked.find((one) => one.token.includes(token))!.inputs["filters"] as { name: string; values: string[] }[]).filter(({ name }) => name.startsWith("tag:")).map(({ name, values }) => [name.slice(4), values[0]]));
    expect(only("aws:ebs/volume:Volume").inputs["tags"]).toMatchObject(wanted("getVolume"));
    expect(instance()["tags"]).toMatchObject(wanted("getInstance:"));
    expect([Object.keys(wanted("getVolume")), Object.keys(wanted("getInstance:"))]).toEqual([["nanoclaw-daily-snapshots"], ["project", "stack", "host"]]);
  });
});

describe("what AWS says at preview", () => {
  test("no permission for prices and quotas is a warning, and the table's price", async () => {
    at.refusals = { "aws:pricing/getProduct:getProduct": "api error AccessDeniedException: User is not authorized to perform: pricing:GetProducts", "aws:servicequotas/getServiceQuota:getServiceQuota": "AccessDenied" };
    expect(await valueOf((await make()).report)).toMatchObject({ priceFrom: "table", monthlyCostUsd: 126.14 });
  });

  test.each([
    ["aws:ssm/getParameter:getParameter", "No valid credential sources found", /hosts\.pilot\.machine\.awsProfile: wanted AWS credentials; got none\. Remedy: log in/],
    ["aws:ssm/getParameter:getParameter", "api error ParameterNotFound: ", /hosts\.pilot\.machine\.region: wanted Canonical's SSM parameter/],
    ["aws:ssm/getParameter:getParameter", "invalid AWS Region: eu-west-1", /hosts\.pilot\.machine\.region: wanted a region of AWS/],
  ])("an error of %s (%s) ends the plan in our words, before anything is made", async (token, message, wanted) => {
    at.refusals = { [token]: message };
    await expect(make()).rejects.toThrow(wanted);
    expect(registered.filter(({ type }) => !type.startsWith("pulumi:providers:"))).toEqual([]);
  });

  test.each([
    "reading EC2 Instance Type (m6a.xlarge): operation error EC2: DescribeInstanceTypes, https response error StatusCode: 400, api error InvalidInstanceType: The following supplied instance types do not exist: [m6a.xlarge]",
    "no matching EC2 Instance Type found",
  ])("a type that the region does not have ends the plan in our words (%s)", async (message) => {
    at.refusals = { "aws:ec2/getInstanceType:getInstanceType": message };
    at.there = { "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": { locations: [] } };
    await expect(make()).rejects.toThrow(/hosts\.pilot\.machine\.zone: wanted a type that eu-west-1a offers; got m6a\.xlarge\. Remedy: no zone of eu-west-1 offers it/);
  });

  test("a subnet that does not exist ends the plan in our words", async () => {
    at.refusals = { "aws:ec2/getSubnet:getSubnet": "no matching EC2 Subnet found" };
    await expect(make({ subnetId: "subnet-0a1b2c3d" })).rejects.toThrow(/hosts\.pilot\.machine\.subnetId: wanted a subnet of this region/);
  });
});
