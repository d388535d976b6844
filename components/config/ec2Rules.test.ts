import { describe, expect, it } from "vitest";
import { parseConfig } from "./parseConfig.ts";

const files = { exists: () => true, read: () => "", absolute: (path: string) => path, agentFault: () => undefined };
const parse = (machine: Record<string, unknown> = {}, host: Record<string, unknown> = {}) =>
  parseConfig({ hosts: { pilot: { machine: { kind: "ec2", region: "eu-west-1", sshFrom: ["203.0.113.7/32"], ...machine }, containers: 2, ...host } } }, files);
const errors = (machine: Record<string, unknown> = {}, host: Record<string, unknown> = {}) => {
  const parsed = parse(machine, host);
  return parsed.ok ? [] : parsed.errors;
};
const warnings = (machine: Record<string, unknown> = {}, host: Record<string, unknown> = {}) => {
  const parsed = parse(machine, host);
  return parsed.ok ? parsed.warnings : ["refused"];
};

describe("an ec2 machine", () => {
  it("needs a region and the networks that may log in; everything else follows", () => {
    const parsed = parse();
    expect(parsed.ok && parsed.config.hosts[0]?.machine).toEqual({
      kind: "ec2",
      region: "eu-west-1",
      sshFrom: ["203.0.113.7/32"],
      architecture: "x86_64",
      burstable: false,
      publicAddress: true,
      elasticIp: true,
      egressTcpPorts: [80, 443],
      protection: true,
      tags: {},
    });
    expect(warnings()).toEqual([]);
    expect(errors({ region: undefined, sshFrom: undefined }).map(({ field }) => field)).toEqual(["hosts.pilot.machine.region", "hosts.pilot.machine.sshFrom"]);
    expect(errors({ sshFrom: [] }).map(({ field }) => field)).toEqual(["hosts.pilot.machine.sshFrom"]);
  });

  it.each(["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "2000::/3"])("refuses SSH from the whole internet (%s) in words", (cidr) => {
    expect(errors({ sshFrom: ["203.0.113.7/32", cidr] })).toEqual([
      expect.objectContaining({
        field: "hosts.pilot.machine.sshFrom.1",
        given: `"${cidr}", which is the whole internet, or a large part of it`,
        wanted: expect.stringContaining("not opened to everybody"),
        remedy: expect.stringContaining("/32"),
      }),
    ]);
  });

  it.each(["203.0.113.7", "203.0.113.7/33", "203.0.113.700/32", "home", "2001:db8::/129", "10.0.0.0/8/8", ":::/64"])("refuses what is no network: %s", (cidr) => {
    expect(errors({ sshFrom: [cidr] })).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.sshFrom.0" })]);
  });

  it.each([
    ["203.0.113.7/24", "write 203.0.113.0/24, or 203.0.113.7/32 for that one address"],
    ["10.83.7.255/22", "write 10.83.4.0/22, or 10.83.7.255/32 for that one address"],
    ["2001:db8::7/64", "write 2001:db8::/64, or 2001:db8::7/128 for that one address"],
    ["2001:DB8:0:1ff::/55", "write 2001:db8::/55, or 2001:db8:0:1ff::/128 for that one address"],
  ])("refuses an address within a network, %s, which AWS does not take as one", (cidr, remedy) => {
    expect(errors({ sshFrom: ["10.0.0.0/8", cidr] })).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.sshFrom.1", remedy })]);
  });

  it("takes IPv6 networks and several of them", () => {
    expect(errors({ sshFrom: ["2001:db8::/48", "10.0.0.0/8", "::1/128", "2001:0DB8:0:200::/55", "0:0:0:0:0:0:0:1/128"] })).toEqual([]);
  });

  it("refuses IPv6 networks alone where the VPC is the host's own, which has only IPv4", () => {
    expect(errors({ sshFrom: ["2001:db8::/48"] })).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.sshFrom", wanted: expect.stringContaining("an IPv4 network") })]);
    expect(errors({ sshFrom: ["2001:db8::/48"], subnetId: "subnet-0a1b2c3d" })).toEqual([]);
  });

  it.each(["cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1"])("refuses a region of another part of AWS: %s", (region) => {
    expect(errors({ region })).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.region", wanted: expect.stringContaining("not one of China, GovCloud") })]);
  });

  it("is spot only when it is asked for in words, and then with a warning", () => {
    expect(errors({ spot: true })).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.spot", wanted: expect.stringContaining("I accept that AWS may stop this host at any time") })]);
    expect(warnings({ spot: "I accept that AWS may stop this host at any time" })).toEqual([expect.stringContaining("machine.spot: AWS may stop this host")]);
  });

  it("refuses a zone of another region, a zone beside a subnet, and a host that nobody could reach", () => {
    expect(errors({ zone: "eu-west-2a" })).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.zone", remedy: expect.stringContaining("eu-west-1a") })]);
    expect(errors({ zone: "eu-west-1a", subnetId: "subnet-0a1b2c3d" })).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.zone", remedy: "remove `zone`" })]);
    expect(errors({ publicAddress: false }).map(({ field }) => field)).toEqual(["hosts.pilot.machine.publicAddress", "hosts.pilot.machine.elasticIp"]);
    expect(errors({ publicAddress: false, elasticIp: false, subnetId: "subnet-0a1b2c3d" })).toEqual([]);
  });

  it("refuses a pinned type that is too small, with the shortfall and types that fit", () => {
    expect(errors({ instanceType: "t3.xlarge" })).toEqual([
      expect.objectContaining({ field: "hosts.pilot.machine.instanceType", given: expect.stringContaining("short of 2 vCPUs"), remedy: expect.stringContaining("m6a.2xlarge") }),
    ]);
    expect(errors({ instanceType: "m7g.2xlarge" })).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.instanceType", remedy: expect.stringContaining("arm64") })]);
    expect(errors({ instanceType: "m7g.2xlarge", architecture: "arm64" })).toEqual([]);
  });

  it("refuses an N that no type fits, with the largest that one does", () => {
    expect(errors({ instanceType: "m6a.4xlarge" }, { containers: 9 })).toEqual([expect.objectContaining({ remedy: expect.stringContaining("largest number that fits m6a.4xlarge is 7") })]);
  });

  it("warns of a burstable type with what sustained load costs", () => {
    expect(warnings({ burstable: true }, { cpuOvercommit: 1.5 })[0]).toMatch(/^hosts\.pilot\.machine: t3a\.xlarge is burstable: under sustained full load it costs/);
  });

  it("refuses volumes too small for N, with the N that fits", () => {
    expect(errors({ diskGiB: 29, stateDiskGiB: 5 })).toEqual([
      expect.objectContaining({ field: "hosts.pilot.machine.diskGiB", remedy: expect.stringContaining("containers: 1") }),
      expect.objectContaining({ field: "hosts.pilot.machine.stateDiskGiB" }),
    ]);
  });

  it("refuses tags that AWS or the program owns, in whatever letters", () => {
    const fields = (tags: Record<string, string>) => errors({ tags }).map(({ field }) => field.replace("hosts.pilot.machine.tags.", ""));
    expect(fields({ "aws:x": "1", Name: "n", team: "a" })).toEqual(["aws:x", "Name"]);
    expect(fields({ name: "n", PROJECT: "p", "Nanoclaw-Daily-Snapshots": "x" })).toEqual(["name", "PROJECT", "Nanoclaw-Daily-Snapshots"]);
    expect(fields({ team: "a", Team: "b" })).toEqual(["team", "Team"]);
  });

  it("refuses tags with characters that IAM does not take, and more than AWS takes", () => {
    expect(errors({ tags: { "cost#1": "x", team: "a & b", Équipe: "à 1_.:/=+-@" } })).toEqual([
      expect.objectContaining({ field: "hosts.pilot.machine.tags.cost#1", remedy: "rename the tag" }),
      expect.objectContaining({ field: "hosts.pilot.machine.tags.team", wanted: expect.stringContaining("a value of letters") }),
    ]);
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, "x"]));
    expect(errors({ tags: many(45) })).toEqual([]);
    expect(errors({ tags: many(46) })).toEqual([expect.objectContaining({ field: "hosts.pilot.machine.tags", wanted: expect.stringContaining("at most 45"), given: "46" })]);
  });

  it("warns when the protection is off, for `pulumi destroy` deletes state then", () => {
    expect(warnings({ protection: false })).toEqual([expect.stringContaining("a last snapshot of the volume stays")]);
  });
});
