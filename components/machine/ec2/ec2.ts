import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as aws from "@pulumi/aws";
import type { types } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { choiceOf } from "../../config/ec2Rules.ts";
import type { HostConfig, Ec2MachineConfig } from "../../config/types.ts";
import { isMetal, type InstanceType } from "../../instanceTypes.ts";
import type { HostSize } from "../../sizing.ts";
import type { Machine, MachineReport } from "../index.ts";
import { dialing } from "../ssh.ts";
import { renderUserData } from "../userData.ts";
import { explainAws } from "./awsErrors.ts";
import type { Ec2Plan } from "./judge.ts";
import { consoleHostKey, loginKey } from "./keys.ts";
import { lookAtAws } from "./lookAtAws.ts";
import { hostNetwork, type TagsOf } from "./network.ts";
import { attach, devicePath, stateVolume } from "./storage.ts";

/** Bare metal takes ten minutes and more to boot, at each start. */
const patience = (type: InstanceType) => (isMetal(type) ? { boot: { timeoutSeconds: 1800 }, dialing: { ...dialing, dialErrorLimit: 80 } } : { boot: { timeoutSeconds: 900 }, dialing });

const project = resolve(import.meta.dirname, "../../..");

/** What an `Ec2` needs. */
export interface Ec2Args {
  /** The host's name and place in the configuration. */
  host: Pick<HostConfig, "name" | "path">;
  config: Ec2MachineConfig;
  type: InstanceType;
  rootDiskGiB: number;
  stateDiskGiB: number;
  /** Daily snapshots that are kept; 0 = none are made. */
  snapshotsKept: number;
  /** What AWS was asked about, and what it answered. */
  plan: Ec2Plan;
}

/** An EC2 instance with its network, its state volume and its keys. Another N stops it, changes its type and starts it. */
export class Ec2 extends pulumi.ComponentResource implements Machine {
  readonly id: pulumi.Output<string>;
  readonly resource: pulumi.Resource;
  readonly connection: pulumi.Output<types.input.remote.ConnectionArgs>;
  /** Not `operator`: Debian and Ubuntu have a group of that name, and cloud-init then fails to make the user. */
  readonly user = "provision";
  readonly stateDevice: pulumi.Output<string>;
  readonly report: pulumi.Output<MachineReport>;

  constructor(name: string, args: Ec2Args, options: pulumi.ComponentResourceOptions) {
    super("nanoclaw:machine:Ec2", name, {}, options);
    const { host, config, plan } = args;
    const here = { parent: this, hooks: { onError: [explainer(name, host.path)] } };
    const tags = tagsOf(host.name, config);

    const key = loginKey(name, { parent: this });
    const network = hostNetwork(name, config, plan, tags, here);
    const state = stateVolume(name, { zone: plan.zone, sizeGiB: args.stateDiskGiB, snapshotId: config.stateSnapshotId, snapshotsKept: args.snapshotsKept, protect: config.protection, owner: ownerOf(host.name) }, tags, here);
    const instance = new aws.ec2.Instance(
      `${name}-instance`,
      { ...instanceArgs(args, tags), userData: key.publicKey.apply(userData(this.user)), subnetId: network.subnetId, vpcSecurityGroupIds: [network.securityGroupId] },
      {
        ...here,
        // "Current" moves on with every build of Ubuntu, and user data is read once: neither is a reason for another machine.
        ignoreChanges: ["ami", "userData"],
        // A machine and its successor cannot both have the volume.
        deleteBeforeReplace: true,
        ...(config.spot === undefined ? {} : { replaceOnChanges: ["instanceType"] }),
      },
    );
    const attachment = attach(name, state, instance, here);
    const address = config.elasticIp
      ? new aws.ec2.Eip(`${name}-address`, { domain: "vpc", instance: instance.id, tags: tags("address") }, { ...here, dependsOn: network.wayOut }).publicIp
      : config.publicAddress
        ? instance.publicIp
        : instance.privateIp;
    const hostKey = config.hostKey ?? consoleHostKey(name, { instanceId: instance.id, region: config.region, profile: config.awsProfile ?? null, path: host.path, ...patience(args.type).boot }, { parent: this });

    this.resource = instance;
    this.id = instance.id;
    this.stateDevice = attachment.volumeId.apply(devicePath);
    this.connection = pulumi.secret(
      pulumi.all([address, hostKey, key.privateKey]).apply(([host, hostKey, privateKey]) => ({ host, port: 22, user: this.user, hostKey, privateKey, ...patience(args.type).dialing })),
    );
    this.report = pulumi.output({
      kind: "ec2" as const,
      instanceType: args.type.name,
      zone: plan.zone,
      rootDiskGiB: args.rootDiskGiB,
      stateDiskGiB: args.stateDiskGiB,
      monthlyCostUsd: plan.usdPerMonth,
      priceFrom: plan.priceFrom,
    });
    this.registerOutputs({ id: this.id });
  }
}

function instanceArgs({ config, plan, type, rootDiskGiB }: Ec2Args, tags: TagsOf): aws.ec2.InstanceArgs {
  const spot = config.spot !== undefined;
  return {
    ami: plan.imageId,
    instanceType: type.name,
    associatePublicIpAddress: config.publicAddress,
    // Metadata only with a session token, and only for the machine itself: a container is a hop further. The host's
    // firewall closes it to the agents' user as well. There is no instance profile, for nothing here calls AWS.
    metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1, instanceMetadataTags: "disabled" },
    rootBlockDevice: { volumeType: "gp3", volumeSize: rootDiskGiB, encrypted: true, deleteOnTermination: true, tags: tags("system") },
    userDataReplaceOnChange: false,
    // AWS refuses termination protection for spot instances.
    disableApiTermination: config.protection && !spot,
    forceDestroy: !config.protection,
    maintenanceOptions: { autoRecovery: "default" },
    ...(spot ? { instanceMarketOptions: { marketType: "spot", spotOptions: { spotInstanceType: "persistent", instanceInterruptionBehavior: "stop" } } } : {}),
    tags: tags("host"),
  };
}

function userData(user: string) {
  return (publicKey: string): string => renderUserData(readFileSync(join(project, "cloud-init/user-data.yaml"), "utf8"), { USER: user, AUTHORIZED_KEY: publicKey });
}

/** Name, and what costs are told apart by; the user's own tags beside them. */
function tagsOf(host: string, config: Ec2MachineConfig): TagsOf {
  return (role) => ({ ...config.tags, Name: `nanoclaw-${pulumi.getStack()}-${host}-${role}`, ...ownerOf(host) });
}

function ownerOf(host: string) {
  return { project: pulumi.getProject(), stack: pulumi.getStack(), host };
}

/** Says what an error of AWS means and what to do, beside AWS's own words. Never retries. */
function explainer(name: string, path: string): pulumi.ErrorHook {
  return new pulumi.ErrorHook(`${name}-explains`, async ({ errors, failedOperation, type }) => {
    const parts = explainAws(errors[0] ?? "", path);
    // A type is changed on a stopped machine, which stays stopped when AWS cannot start it then; Pulumi does not see that.
    const stopped = failedOperation === "update" && type === "aws:ec2/instance:Instance" ? ". The machine may be stopped now: docs/TROUBLESHOOTING.md, \"A resize that failed\"" : "";
    if (parts) await pulumi.log.error(`error: ${parts.field}: wanted ${parts.wanted}; got ${parts.given}. Remedy: ${parts.remedy}${stopped}`);
    return false;
  });
}

/** Asks AWS what can be asked, and makes the machine of one host. `last` is what the last `up` that came to its end made. */
export async function ec2Machine(host: HostConfig, config: Ec2MachineConfig, size: HostSize, last: MachineReport | undefined): Promise<Ec2> {
  const name = `${host.name}-machine`;
  // Otherwise the plugin looks at the credentials before anything is asked, and ends the preview in its own words. It
  // still needs them for the first question, whose error we explain.
  const login = { skipCredentialsValidation: true, ...(config.awsProfile === undefined ? {} : { profile: config.awsProfile }) };
  const provider = new aws.Provider(`${host.name}-aws`, { region: config.region, ...login });
  // The price list is kept in one region for all.
  const pricing = new aws.Provider(`${host.name}-aws-prices`, { region: "us-east-1", ...login });
  const { type } = choiceOf(host, config);
  const plan = await lookAtAws({ path: host.path, config, type, last, owner: ownerOf(host.name) }, { provider }, { provider: pricing });
  const args: Ec2Args = {
    host,
    config,
    type,
    plan,
    // A smaller N needs less disk, but a volume only grows: what is there stays, unless the configuration asks for a size.
    rootDiskGiB: config.diskGiB ?? Math.max(size.machine.rootDiskGiB, plan.there.rootDiskGiB),
    stateDiskGiB: config.stateDiskGiB ?? Math.max(size.machine.stateDiskGiB, plan.there.stateDiskGiB),
    snapshotsKept: config.snapshotsKept ?? (host.profile === "production" ? 7 : 0),
  };
  return new Ec2(name, args, { providers: [provider] });
}
