import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { HostFacts } from "../contract/facts.ts";
import type { UploadedArchive } from "../contract/settings.ts";
import { asRoot } from "./asRoot.ts";
import type { LocalArchive } from "./config/types.ts";
import type { HostBundle } from "./hostBundle.ts";
import type { Machine } from "./machine/index.ts";

/** Name of the bundle in the login user's home directory. */
const bundleFile = ".nanoclaw-host.run";

/** What all steps of one host share. */
export interface HostStepsArgs {
  machine: Machine;
  bundle: HostBundle;
  /** What the host said of itself while planning; undefined when it could not be asked. */
  facts?: HostFacts | undefined;
  /** For a login user that may not use sudo without a password; goes first on each step's stdin. */
  sudoPassword?: pulumi.Output<string> | undefined;
}

/** One step on a host, done. */
export interface HostStep {
  readonly resource: command.remote.Command;
  /** What decides whether the step runs again, as one value: later steps and the smoke test depend on it. */
  readonly inputs: pulumi.Output<string>;
  /** A member of the JSON object that the step printed, or the whole object. */
  output<T>(member?: string): pulumi.Output<T>;
}

/**
 * The steps of one host: brings the bundle there once, and makes each step one `remote.Command`.
 *
 * A step is updated in place, never replaced: whatever must run it again (its files, its settings, drift, another
 * machine) is in its command text or on its stdin. Replacing would run the old step's `delete` after the new one's
 * `create`, and so tear down what was just made.
 */
export class HostSteps {
  readonly #name: string;
  readonly #args: HostStepsArgs;
  readonly #options: pulumi.CustomResourceOptions;
  readonly #bundle: command.remote.CopyToRemote;

  /**
   * @param name the host's name; its resources are named `<name>-<step>`
   * @param options `parent` of all resources
   */
  constructor(name: string, args: HostStepsArgs, options: pulumi.CustomResourceOptions) {
    const { machine } = args;
    this.#name = name;
    this.#args = args;
    // A machine that is deleted takes its host along: no step need undo anything there first.
    this.#options = { ...options, ...(machine.resource === undefined ? {} : { deletedWith: machine.resource }) };
    this.#bundle = this.upload("bundle", args.bundle.path, bundleFile, "preflight");
  }

  /**
   * Brings a file to the login user's home directory, again when its content, the machine or the user changes, or when
   * it is gone from there.
   *
   * @param role the resource is named `<name>-<role>`
   * @param step the one among whose facts the file is
   */
  upload(role: string, path: string, remotePath: string, step: string): command.remote.CopyToRemote {
    const { machine } = this.#args;
    return new command.remote.CopyToRemote(
      `${this.#name}-${role}`,
      {
        connection: machine.connection,
        source: new pulumi.asset.FileAsset(path),
        remotePath,
        // An update would not copy a file whose content and path are the same: only a replacement does.
        triggers: [this.#installedSystem(), machine.user, this.#generation(step)],
      },
      { ...this.#options, ...(machine.resource === undefined ? {} : { dependsOn: [machine.resource] }) },
    );
  }

  /**
   * Brings an archive of the operator's to the host; steps that are given the result find it there, and check it.
   *
   * @param role the resource is named `<name>-<role>-archive`
   * @param step the one that reads it
   */
  archive(role: string, step: string, { path, sha256 }: LocalArchive): pulumi.Output<{ kind: "archive" } & UploadedArchive> {
    const actual = createHash("sha256").update(readFileSync(path)).digest("hex");
    const remotePath = `.nanoclaw-${role}-${actual.slice(0, 16)}`;
    const copy = this.upload(`${role}-archive`, path, remotePath, step);
    return copy.remotePath.apply((arrived) => ({ kind: "archive" as const, path: arrived, sha256: sha256 ?? actual }));
  }

  /**
   * Runs `host/steps/<step>` on the host.
   *
   * @param settings sent as JSON on stdin; secret when anything in it is
   * @param after what must be done before
   */
  step(step: string, settings: pulumi.Input<object> = {}, { after = [] }: { after?: (HostStep | pulumi.Resource)[] } = {}): HostStep {
    const { machine, bundle, sudoPassword } = this.#args;
    const { text: run, firstLine } = asRoot(machine.user, `bash ${bundleFile}`, sudoPassword);
    const apply = pulumi.interpolate`${run} apply ${step} --digest ${bundle.stepDigest(step)} --generation ${this.#generation(step)} --machine ${this.#installedSystem()}`;
    const json = pulumi.jsonStringify(settings);
    const stdin = firstLine === undefined ? json : pulumi.interpolate`${firstLine}\n${json}`;
    const resource = new command.remote.Command(
      `${this.#name}-${step}`,
      {
        connection: machine.connection,
        create: apply,
        update: apply,
        delete: `${run} remove ${step}`,
        stdin,
        logging: command.remote.Logging.Stderr,
        addPreviousOutputInEnv: false,
      },
      { ...this.#options, dependsOn: [this.#bundle, ...after.map((one) => ("resource" in one ? one.resource : one))] },
    );
    return {
      resource,
      inputs: pulumi.all([apply, json]).apply(([text, input]) => `${text} ${input}`),
      output<T>(member?: string): pulumi.Output<T> {
        return resource.stdout.apply((text) => {
          const printed = JSON.parse(text);
          return (member === undefined ? printed : printed[member]) as T;
        });
      },
    };
  }

  /** Another installed system under the same address is another machine, and gets everything anew. */
  #installedSystem(): pulumi.Input<string> {
    const { machine, facts } = this.#args;
    return machine.resource === undefined && facts?.machineId ? facts.machineId : machine.id;
  }

  /**
   * Counts a step's runs that something other than its inputs asked for. A step that drifted since it last ran, or did
   * not finish, gets the next number, which makes its command text another one: `pulumi preview` shows it, `up` runs it.
   */
  #generation(step: string): number {
    const { facts } = this.#args;
    if (facts === undefined) return 1;
    const left = facts.steps[step];
    if (left === undefined) return 1;
    return left.complete && left.drift.length === 0 ? left.generation : left.generation + 1;
  }
}
