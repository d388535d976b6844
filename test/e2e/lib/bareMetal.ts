import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { Checkout, type Ran, type Running } from "./checkout.ts";
import { TestVm, type TestVmOptions } from "./testVm.ts";

/**
 * The text of a stack with one host. What cannot be reached from here is the dev stack's affair: what stands in for it is
 * taken over from there.
 */
export function stackLikeDev(dev: string, name: string, machine: Record<string, unknown>, host: Record<string, unknown> = {}): string {
  const archive = /archive: (\S*fixture\S*)/.exec(dev)?.[1];
  const nanoclaw = archive === undefined ? {} : { nanoclaw: { archive, pairing: "none" } };
  const hosts = { [name]: { machine, containers: 1, browser: false, cpuOvercommit: 2, ...nanoclaw, ...host } };
  const shared = [...dev.matchAll(/^ {2}podman-nanoclaw-runtime:(?:sources|standIns|trustedCaCertificates):.*\n(?: {4}.*\n)*/gm)].map(([text]) => text).join("");
  // YAML takes JSON.
  return `config:\n  podman-nanoclaw-runtime:hosts: ${JSON.stringify(hosts)}\n${shared}`;
}

/** The text of a stack whose one host, `office`, is reached over SSH. */
export function officeStack(dev: string, machine: Record<string, unknown>, host: Record<string, unknown> = {}): string {
  return stackLikeDev(dev, "office", { kind: "ssh", address: "127.0.0.1", ...machine }, host);
}

/** A machine that somebody else made, and a checkout with the stack `office` that knows only its address. */
export class BareMetal {
  readonly checkout: Checkout;
  readonly vm: TestVm;
  private readonly dev: string;
  private readonly salt: string;

  private constructor(checkout: Checkout, vm: TestVm, salt: string) {
    this.checkout = checkout;
    this.vm = vm;
    this.salt = salt;
    this.dev = checkout.read("stacks/Pulumi.dev.yaml");
  }

  static async boot(options: TestVmOptions): Promise<BareMetal> {
    const checkout = new Checkout();
    const must = async (ran: Promise<Ran>): Promise<void> => {
      const { code, output } = await ran;
      expect(code, output).toBe(0);
    };
    await must(checkout.run("toolchain/setup.sh", []));
    await must(checkout.run("toolchain/run.sh", ["node", "toolchain/up/devStack.ts"]));
    await must(checkout.pulumi("stack", "init", "office"));
    const vm = await TestVm.boot(options);
    checkout.write(".state/vm-key", readFileSync(vm.files.privateKey, "utf8"));
    return new BareMetal(checkout, vm, /^encryptionsalt:.*\n/m.exec(checkout.read("stacks/Pulumi.office.yaml"))![0]);
  }

  /** Writes the stack file; what is given replaces or adds fields of the machine and of the host. */
  configure(machine: Record<string, unknown> = {}, host: Record<string, unknown> = {}): void {
    const { port, user, hostKey } = this.vm.at;
    const text = officeStack(this.dev, { port, user, hostKey, privateKeyFile: ".state/vm-key", ...machine }, host);
    this.checkout.write("stacks/Pulumi.office.yaml", this.salt + text);
  }

  preview(): Promise<Ran> {
    return this.checkout.pulumi("preview", "--stack", "office", "--non-interactive", "--color", "never");
  }

  startUp(...args: string[]): Running {
    return this.checkout.startPulumi("up", "--stack", "office", "--yes", "--skip-preview", "--non-interactive", "--color", "never", ...args);
  }

  up(...args: string[]): Promise<Ran> {
    return this.startUp(...args).ended;
  }

  remove(): void {
    this.vm.remove();
    this.checkout.remove();
  }
}
