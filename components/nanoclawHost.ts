import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import type { HostFacts } from "../contract/facts.ts";
import { nanoclawContract } from "../contract/nanoclaw.ts";
import type { Proof } from "../contract/proofs.ts";
import type { HostConfig } from "./config.ts";
import { refuseUnfitHost } from "./hostChecks.ts";
import { buildDoor, egressChoice, egressSettings, hasOpenRole, needsDoors, smokeEgress } from "./egressSettings.ts";
import type { HostBundle } from "./hostBundle.ts";
import * as settings from "./hostSettings.ts";
import { HostSteps } from "./hostStep.ts";
import type { Machine } from "./machine/index.ts";
import type { HostSize } from "./sizing.ts";

/** What a `NanoclawHost` needs. */
export interface NanoclawHostArgs {
  /** The machine that is provisioned; it must run a supported OS and accept SSH. */
  machine: Machine;
  /** This host's part of the configuration. A change of `containers` changes caps in place; nothing is replaced. */
  host: HostConfig;
  /** What the whole stack shares: sources, certificates, the model's address. */
  stack: settings.SharedConfig;
  /** Everything that follows from N (`sizeHost`). */
  size: HostSize;
  /** What runs on the host. */
  bundle: HostBundle;
  /** What the host said of itself before planning; undefined when it could not be asked. */
  facts: HostFacts | undefined;
  /** The model's credential, as ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN. A change reloads the credential proxy; where a role's mode is open, it restarts the service. */
  credentials: Record<string, pulumi.Output<string>>;
  /** Tokens for `egress.git`, by git host. */
  gitTokens: Record<string, pulumi.Output<string>>;
  /** For a login user that needs a password for sudo. */
  sudoPassword: pulumi.Output<string> | undefined;
}

/** A host on which NanoClaw's agents run: from a bare machine to a green smoke test, its last resource. */
export class NanoclawHost extends pulumi.ComponentResource {
  /** The smoke test's proofs, one per row. */
  readonly proofs: pulumi.Output<Proof[]>;

  constructor(name: string, args: NanoclawHostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nanoclaw:host:NanoclawHost", name, {}, opts);
    const { host, stack, size, machine } = args;
    const contract = nanoclawContract(host.nanoclaw.version);
    const on = new HostSteps(name, args, { parent: this });

    const preflight = on.step("preflight", { needs: size.machine });
    const fit = preflight.output<HostFacts>().apply((facts) => refuseUnfit(facts, args));
    const podman = on.step("podman", pulumi.all([fit, machine.stateDevice]).apply(([, device]) => settings.podmanSettings(stack, size, device)), { after: [preflight] });
    const node = on.step("node", fit.apply(() => settings.nodeSettings(stack, contract)), { after: [preflight] });
    const policy = settings.hostPolicy(host, size, egressChoice(host.egress, "CLAUDE_CODE_OAUTH_TOKEN" in args.credentials ? "CLAUDE_CODE_OAUTH_TOKEN" : "ANTHROPIC_API_KEY"));
    const doors = needsDoors(policy) ? [on.step("egress", { ...egressSettings(host, stack, policy), ...egressSecrets(args) }, { after: [podman] })] : [];
    const guard = on.step("guard", { policy }, { after: [podman, node, ...doors] });
    const source = host.nanoclaw.source.kind === "archive" ? on.archive("nanoclaw", "release", host.nanoclaw.source) : host.nanoclaw.source;
    const release = on.step("release", { source, npmRegistry: stack.sources.npmRegistry }, { after: [podman, node] });
    const { reference, archive } = stack.sources.baseImage;
    const forBuilds = { npmRegistry: stack.sources.npmRegistry, timeoutSeconds: 3600, door: doors.length > 0 ? buildDoor : null };
    const baseSettings = { reference, aptMirror: stack.sources.aptMirror ?? null, ...forBuilds };
    const baseSource: pulumi.Output<{ kind: string }> = archive === null ? pulumi.output({ kind: "registry" }) : on.archive("base-image", "baseImage", archive);
    const base = on.step("baseImage", baseSource.apply((from) => ({ ...from, ...baseSettings })), { after: [podman, ...doors] });
    const agentImage = on.step(
      "agentImage",
      { base: base.output(), imageName: contract.image.name, keepImages: 2, releaseId: release.output("id"), ...forBuilds },
      { after: [release, base, ...doors] },
    );
    const standIns = stack.standIns.messagesApi ? [on.step("standInApi", {}, { after: [podman, node] })] : [];
    const service = on.step(
      "service",
      { ...settings.serviceSettings(host, stack, size, contract, hasOpenRole(policy)), secretEnvironment: hasOpenRole(policy) ? args.credentials : placeholders(args.credentials), releaseId: release.output("id") },
      { after: [guard, agentImage, ...standIns] },
    );
    const before = [podman, node, ...doors, guard, release, base, agentImage, ...standIns, service];
    const smoke = on.step("smoke", { ...settings.smokeSettings(host, size, contract, machine.stateDevice !== null, policy, smokeEgress(host, stack, policy)), ranAfter: digest(before.map((step) => step.inputs)) }, { after: [service] });

    this.proofs = smoke.output<Proof[]>("proofs");
    this.registerOutputs({ proofs: this.proofs });
  }
}

/** What the proxies add outside of the containers. */
function egressSecrets({ host, credentials, gitTokens }: NanoclawHostArgs): Record<"credential" | "gitTokens", unknown> {
  const oauth = credentials["CLAUDE_CODE_OAUTH_TOKEN"];
  const tokens = host.egress.git.flatMap(({ host: name }) => (gitTokens[name] === undefined ? [] : [[name.toLowerCase(), gitTokens[name]]]));
  return {
    credential: { kind: oauth === undefined ? "apiKey" : "oauthToken", value: oauth ?? credentials["ANTHROPIC_API_KEY"] },
    gitTokens: Object.fromEntries(tokens),
  };
}

/** NanoClaw itself need not know a credential that no agent of its gets. */
function placeholders(credentials: NanoclawHostArgs["credentials"]): Record<string, string> {
  return Object.fromEntries(Object.keys(credentials).map((name) => [name, "placeholder"]));
}

/** A preview may still see what the machine was before this `up` resizes it: only the `up` itself decides. */
function refuseUnfit(facts: HostFacts, { host, size, machine, sudoPassword }: NanoclawHostArgs): void {
  if (pulumi.runtime.isDryRun()) return;
  refuseUnfitHost(facts, size, host.path, { stateOnVolume: machine.stateDevice !== null, sudoPassword: sudoPassword !== undefined });
}

/** One value that changes whenever a step before runs again: then the host must prove itself again. */
function digest(inputs: pulumi.Output<string>[]): pulumi.Output<string> {
  return pulumi.all(inputs).apply((texts) => createHash("sha256").update(texts.join("\n")).digest("hex"));
}
