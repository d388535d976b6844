import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { PlainConnection } from "../../../components/machine/index.ts";
import { scriptAsRoot, sshCommand } from "../../../components/sshCommand.ts";
import { tryRun } from "../../../toolchain/vm/commands.ts";
import { Account } from "../../standins/pulumi-resource-aws/account.ts";
import { serveConsoles } from "../../standins/pulumi-resource-aws/consoleApi.ts";
import { terminate } from "../../standins/pulumi-resource-aws/instanceVm.ts";
import { stackLikeDev } from "./bareMetal.ts";
import { Checkout, type Ran } from "./checkout.ts";
import { complaints } from "./pulumiOutput.ts";

/** What a test chooses about the one host of the stack. */
export interface Ec2Host {
  containers: number;
  machine?: Record<string, unknown>;
}

const quiet = ["--non-interactive", "--suppress-permalink", "--color", "never"];

/** A stack with one EC2 host, in a checkout of its own, against a make-believe AWS account. */
export class Ec2Stack {
  readonly checkout: Checkout;
  readonly accountDirectory: string;
  readonly #closeApi: () => void;
  /** Salt of the stack's secrets, and the dev stack's file, which knows what can be reached from here. */
  #salt = "";
  #dev = "";

  private constructor(checkout: Checkout, accountDirectory: string, closeApi: () => void) {
    this.checkout = checkout;
    this.accountDirectory = accountDirectory;
    this.#closeApi = closeApi;
  }

  /** Makes the checkout ready to run Pulumi; nothing is made at "AWS" yet. */
  static async prepare(): Promise<Ec2Stack> {
    const accountDirectory = mkdtempSync(join(tmpdir(), "nanoclaw-aws-"));
    const api = await serveConsoles(accountDirectory);
    const plugin = join(import.meta.dirname, "../../standins/pulumi-resource-aws");
    const checkout = new Checkout({
      PATH: `${plugin}:${process.env["PATH"]}`,
      AWS_STANDIN_DIR: accountDirectory,
      AWS_ENDPOINT_URL_EC2: api.url,
      AWS_ACCESS_KEY_ID: "AKIASTANDIN",
      AWS_SECRET_ACCESS_KEY: "standin",
      AWS_PROFILE: "",
    });
    const stack = new Ec2Stack(checkout, accountDirectory, api.close);
    const setUp = await checkout.run("toolchain/setup.sh", []);
    expect(setUp.code, complaints(setUp.output)).toBe(0);
    const made = await checkout.pulumi("stack", "init", "ec2");
    expect(made.code, made.output).toBe(0);
    stack.#salt = /^encryptionsalt:.*\n/m.exec(checkout.read("stacks/Pulumi.ec2.yaml"))![0];
    const dev = await checkout.run("toolchain/run.sh", ["node", "toolchain/up/devStack.ts"]);
    expect(dev.code, dev.output).toBe(0);
    stack.#dev = checkout.read("stacks/Pulumi.dev.yaml");
    return stack;
  }

  up(host: Ec2Host): Promise<Ran> {
    this.#write(host);
    return this.checkout.pulumi("up", "--stack", "ec2", "--yes", "--skip-preview", ...quiet);
  }

  preview(host: Ec2Host): Promise<Ran> {
    this.#write(host);
    return this.checkout.pulumi("preview", "--stack", "ec2", ...quiet);
  }

  destroy(): Promise<Ran> {
    return this.checkout.pulumi("destroy", "--stack", "ec2", "--yes", "--skip-preview", ...quiet);
  }

  /** One of the stack's outputs, secrets in plain. */
  async output<T>(name: string): Promise<T> {
    const ran = await this.checkout.pulumi("stack", "output", name, "--stack", "ec2", "--json", "--show-secrets");
    expect(ran.code, ran.output).toBe(0);
    return JSON.parse(ran.output.slice(ran.output.search(/[[{]/))) as T;
  }

  async login(): Promise<PlainConnection> {
    return (await this.output<Record<string, PlainConnection>>("logins"))["pilot"]!;
  }

  /** Runs a command on the host as root, over SSH as the program does, with the host key verified. */
  async onHost(command: string): Promise<string> {
    const connection = await this.login();
    const { args, cleanUp } = sshCommand(connection);
    const ran = await tryRun("ssh", [...args, scriptAsRoot(connection.user, undefined).text], { input: command }).finally(cleanUp);
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    return ran.stdout.trim();
  }

  account(): Account {
    return new Account(this.accountDirectory);
  }

  /** Files of the last snapshots of deleted volumes. */
  snapshots(): string[] {
    return readdirSync(this.accountDirectory).filter((name) => name.startsWith("snapshot-of-"));
  }

  /** Ends what still runs, and deletes everything. */
  async remove(): Promise<void> {
    this.#closeApi();
    const account = this.account();
    for (const [id] of account.ofType("aws:ec2/instance:Instance")) await terminate(account, id);
    rmSync(this.accountDirectory, { recursive: true, force: true });
    this.checkout.remove();
  }

  #write({ containers, machine = {} }: Ec2Host): void {
    const text = stackLikeDev(this.#dev, "pilot", { kind: "ec2", region: "eu-west-1", sshFrom: ["127.0.0.0/8"], ...machine }, { containers, agentReplyTimeoutSeconds: 600 });
    this.checkout.write("stacks/Pulumi.ec2.yaml", this.#salt + text);
  }
}
