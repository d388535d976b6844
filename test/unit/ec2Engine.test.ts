import { spawnSync } from "node:child_process";
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Account, volumeFile } from "../standins/pulumi-resource-aws/account.ts";
import { create, remove, update } from "../standins/pulumi-resource-aws/lifeCycle.ts";

/** An EC2 stack through the real engine, with the stand-in of the aws plugin; no machine is started here. */
const root = resolve(import.meta.dirname, "../..");
let directory: string;
let salt = "";

function pulumi(args: string[], more: NodeJS.ProcessEnv = {}): string {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${join(root, "test/standins/pulumi-resource-aws")}${delimiter}${process.env["PATH"]}`,
    PULUMI_BACKEND_URL: `file://${directory}`,
    PULUMI_CONFIG_PASSPHRASE: "right",
    PULUMI_CONFIG_PASSPHRASE_FILE: "",
    AWS_STANDIN_DIR: join(directory, "account"),
    AWS_ACCESS_KEY_ID: "AKIASTANDIN",
    AWS_SECRET_ACCESS_KEY: "standin",
    AWS_PROFILE: "",
    ...more,
  };
  const { stdout, stderr } = spawnSync("pulumi", args, { cwd: root, env, encoding: "utf8" });
  return stdout + stderr;
}

function run(verb: "preview" | "up", machine: Record<string, unknown> = {}, more: NodeJS.ProcessEnv = {}, containers = 1): string {
  const hosts = { pilot: { machine: { kind: "ec2", region: "eu-west-1", sshFrom: ["203.0.113.7/32"], ...machine }, containers } };
  return runText(verb, `config:\n  podman-nanoclaw-runtime:hosts: ${JSON.stringify(hosts)}\n`, more);
}

function runText(verb: "preview" | "up", text: string, more: NodeJS.ProcessEnv = {}): string {
  const file = join(directory, "Pulumi.ec2engine.yaml");
  writeFileSync(file, `${salt}${text}  podman-nanoclaw-runtime:standIns: { messagesApi: true }\n`);
  const yes = verb === "up" ? ["--yes", "--skip-preview"] : [];
  return pulumi([verb, ...yes, "--stack", "ec2engine", "--config-file", file, "--non-interactive", "--color", "never"], more);
}

const destroy = (): string => pulumi(["destroy", "--yes", "--skip-preview", "--stack", "ec2engine", "--config-file", join(directory, "Pulumi.ec2engine.yaml"), "--non-interactive", "--color", "never"]);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "nanoclaw-ec2-"));
  expect(pulumi(["stack", "init", "ec2engine"])).toMatch(/Created stack/);
  const made = join(root, "stacks", "Pulumi.ec2engine.yaml");
  salt = /encryptionsalt:.*\n/.exec(readFileSync(made, "utf8"))![0];
  rmSync(made);
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("a preview names everything that is to be made, with the type and its price of a month", () => {
  const said = run("preview");
  for (const name of ["pilot-machine-instance", "pilot-machine-state", "pilot-machine-host-key", "pilot-machine-address", "pilot-smoke"]) expect(said).toContain(name);
  expect(said).toMatch(/instanceType *: "m6a\.xlarge"/);
  expect(said).toMatch(/monthlyCostUsd: 126\.14/);
  expect(said).not.toMatch(/BEGIN OPENSSH|error:/);
});

test("the example of README's cloud pilot leads to a preview: a machine for four agents, with daily snapshots", () => {
  const said = runText("preview", readFileSync(join(root, "stacks/ec2.example.yaml"), "utf8"));
  expect(said).toMatch(/instanceType *: "m6a\.2xlarge"/);
  expect(said).toContain("pilot-machine-daily");
  expect(said).toContain("pilot-smoke");
});

test("bad input that only AWS can see is refused at preview, in our words", () => {
  const nobody = run("preview", {}, { AWS_ACCESS_KEY_ID: "" });
  expect(nobody).toMatch(/hosts\.pilot\.machine\.awsProfile: wanted AWS credentials; got none\. Remedy: log in/);
  expect(nobody).not.toMatch(/No valid credential sources/);
  expect(run("preview", { region: "eu-nowhere-1" })).toMatch(/hosts\.pilot\.machine\.region: wanted a region of AWS/);
  const both = run("preview", { zone: "eu-west-1c" });
  expect(both).toMatch(/hosts\.pilot\.machine\.zone: wanted a type that eu-west-1c offers; got m6a\.xlarge\. Remedy: it is offered in eu-west-1a, eu-west-1b/);
  expect(both).not.toMatch(/pilot-machine-instance/);
  expect(run("preview", { subnetId: "subnet-0a1b2c3d" })).toMatch(/hosts\.pilot\.machine\.subnetId: wanted a subnet of this region/);
});

test("a quota that AWS enforces only when the machine is made is told in our words, and the half-made stack can be destroyed", () => {
  const said = run("up", { protection: false }, { AWS_STANDIN_VCPU_LIMIT: "2" });
  expect(said).toMatch(/VcpuLimitExceeded/);
  expect(said).toMatch(/error: hosts\.pilot\.containers: wanted a type within the account's limit of running vCPUs.*got a type that would exceed the limit of 2 vCPUs\. Remedy: ask for more: `aws service-quotas/);
  expect(destroy()).toMatch(/pilot-machine-vpc deleted/);
  expect(new Account(join(directory, "account")).ofType("aws:ec2/vpc:Vpc")).toEqual([]);
});

test("a snapshot that is not there is told in our words", () => {
  expect(run("up", { protection: false, stateSnapshotId: "snap-0a1b2c3d" }, { AWS_STANDIN_WITHOUT_VMS: "1", AWS_ENDPOINT_URL_EC2: "http://127.0.0.1:9" })).toMatch(/hosts\.pilot\.machine\.stateSnapshotId: wanted a snapshot of this region and account/);
  // Whether the network was begun by then is a matter of who was faster.
  expect(destroy()).not.toContain("error:");
  expect(new Account(join(directory, "account")).ofType("aws:ec2/vpc:Vpc")).toEqual([]);
});

test("a stack that failed halfway is continued with what is there at AWS: a smaller N keeps its volumes, its zone stays, and Ubuntu's next image replaces nothing", () => {
  // No console answers: the machine and its volumes are made, and nothing after them; the stack has no outputs.
  const halfway = { AWS_STANDIN_WITHOUT_VMS: "1", AWS_ENDPOINT_URL_EC2: "http://127.0.0.1:9" };
  const open = { protection: false };
  expect(run("up", open, halfway, 4)).toMatch(/hosts\.pilot\.machine: wanted the console output of the instance/);
  const account = new Account(join(directory, "account"));
  const volumes = () => account.ofType("aws:ebs/volume:Volume").map(([, { properties }]) => properties["size"]);
  const instances = () => account.ofType("aws:ec2/instance:Instance").map(([id, { properties }]) => [id, properties["instanceType"], properties["rootBlockDevice"].volumeSize]);
  expect(volumes()).toEqual([11]);
  const [[id] = []] = instances();
  expect(instances()).toEqual([[id, "m6a.4xlarge", 32]]);

  const moved = run("preview", open, { AWS_STANDIN_IMAGE_BUILD: "2" }, 4);
  expect(moved).toContain("pilot-machine-host-key create");
  expect(moved).not.toMatch(/pilot-machine-(instance|state) (update|replace)/);

  expect(run("preview", { ...open, zone: "eu-west-1b" })).toMatch(/hosts\.pilot\.machine\.zone: wanted eu-west-1a, where the state volume is/);
  expect(run("preview", { ...open, stateDiskGiB: 10 })).toMatch(/hosts\.pilot\.machine\.stateDiskGiB: wanted at least 11/);
  expect(run("preview", { ...open, architecture: "arm64" })).toMatch(/hosts\.pilot\.machine\.architecture: wanted x86_64, as the machine that is there/);

  // AWS enforces the quota when the machine is started again.
  expect(run("up", open, { ...halfway, AWS_STANDIN_VCPU_LIMIT: "2" }, 1)).toMatch(/got a type that would exceed the limit of 2 vCPUs.*The machine may be stopped now: docs\/TROUBLESHOOTING\.md, "A resize that failed"/);
  run("up", open, halfway, 1);
  expect(volumes()).toEqual([11]);
  expect(instances()).toEqual([[id, "m6a.xlarge", 32]]);
  destroy();
  expect(instances()).toEqual([]);
});

test("with the protection on, `pulumi destroy` leaves the state volume alone", () => {
  run("up", {}, { AWS_STANDIN_VCPU_LIMIT: "2" });
  expect(destroy()).toMatch(/pilot-machine-state[\s\S]*protected/);
  expect(new Account(join(directory, "account")).ofType("aws:ebs/volume:Volume")).toHaveLength(1);
});

test("the stand-in refuses what EC2 refuses: types, architectures, user data, subnets, zones, descriptions, smaller volumes, protected machines", async () => {
  const account = new Account(join(directory, "refusals"));
  const make = (type: string, id: string, inputs: Record<string, unknown>) => create(account, type, id, "x", inputs);
  await make("aws:ec2/subnet:Subnet", "subnet-1", { availabilityZone: "eu-west-1a" });
  await make("aws:ec2/subnet:Subnet", "subnet-3", { availabilityZone: "eu-west-1c" });
  await make("aws:ec2/securityGroup:SecurityGroup", "sg-1", {});
  await make("aws:ebs/volume:Volume", "vol-1", { size: 1, availabilityZone: "eu-west-1b" });
  account.put("i-1", { type: "aws:ec2/instance:Instance", properties: { instanceType: "m6a.large", subnetId: "subnet-1" } });
  const instance = { ami: "ami-standin-amd64", instanceType: "m6a.large", subnetId: "subnet-1", vpcSecurityGroupIds: ["sg-1"] };
  const refused = (changes: Record<string, unknown>, words: RegExp) => expect(make("aws:ec2/instance:Instance", "i-2", { ...instance, ...changes })).rejects.toThrow(words);
  await refused({ instanceType: "m99.huge" }, /InvalidParameterValue: Invalid value 'm99\.huge'/);
  await refused({ instanceType: "m7g.large" }, /architecture 'arm64' .* does not match the architecture 'x86_64'/);
  await refused({ userData: "#".repeat(16_385) }, /User data is limited to 16384 bytes/);
  await refused({ subnetId: "subnet-2" }, /InvalidSubnetID\.NotFound/);
  await refused({ subnetId: "subnet-3" }, /not supported in your requested Availability Zone/);
  await refused({ vpcSecurityGroupIds: ["sg-2"] }, /InvalidGroup\.NotFound/);
  await expect(make("aws:ec2/volumeAttachment:VolumeAttachment", "vai-1", { volumeId: "vol-1", instanceId: "i-1" })).rejects.toThrow(/InvalidVolume\.ZoneMismatch/);
  await expect(make("aws:dlm/lifecyclePolicy:LifecyclePolicy", "policy-1", { description: "NanoClaw: daily" })).rejects.toThrow(/must match \[0-9A-Za-z _-\]/);
  await expect(update(account, "aws:ebs/volume:Volume", "vol-1", { size: 2 }, { size: 1 })).rejects.toThrow(/cannot be smaller/);
  await expect(remove(account, "aws:ec2/instance:Instance", "i-1", { disableApiTermination: true })).rejects.toThrow(/OperationNotPermitted/);
});

test("the stand-in makes a volume from the last snapshot of another, and refuses a smaller one and a snapshot that is not there", async () => {
  const account = new Account(join(directory, "snapshots"));
  const volume = "aws:ebs/volume:Volume";
  const size = 2 ** -10; // GiB
  await create(account, volume, "vol-1", "x", { size });
  writeFileSync(volumeFile(account, "vol-1"), "precious", { flag: "r+" });
  await remove(account, volume, "vol-1", { size, finalSnapshot: true });
  const [[snapshotId] = []] = account.ofType("aws:ebs/snapshot:Snapshot");
  await create(account, volume, "vol-2", "x", { size: 2 * size, snapshotId });
  const file = openSync(volumeFile(account, "vol-2"), "r");
  const start = Buffer.alloc(8);
  readSync(file, start);
  expect([start.toString(), fstatSync(file).size]).toEqual(["precious", 2 ** 21]);
  closeSync(file);
  await expect(create(account, volume, "vol-3", "x", { size: size / 2, snapshotId })).rejects.toThrow(/smaller than snapshot/);
  await expect(create(account, volume, "vol-3", "x", { size, snapshotId: "snap-0a1b2c3d" })).rejects.toThrow(/InvalidSnapshot\.NotFound/);
});
