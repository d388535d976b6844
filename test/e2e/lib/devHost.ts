import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { powerOff } from "../../../toolchain/vm/boot.ts";
import { readRecord, vmFiles } from "../../../toolchain/vm/vmDir.ts";
import { Checkout, sourceHash, type Ran, type Running } from "./checkout.ts";
import { freePort } from "./freePort.ts";
import { complaints } from "./pulumiOutput.ts";

/** The directory of a provisioned checkout in the cache, made when there is none for this code; or the one that TEST_HOST names, whatever code it is from. */
async function keptHost(): Promise<string> {
  if (process.env["TEST_HOST"]) return process.env["TEST_HOST"];
  const hosts = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "podman-nanoclaw-runtime", "test-hosts");
  const kept = join(hosts, sourceHash());
  if (existsSync(kept)) return kept;
  // Those of earlier code: gigabytes each.
  rmSync(hosts, { recursive: true, force: true });
  const dev = await DevHost.prepare();
  const ran = await dev.checkout.make("up");
  expect(ran.code, complaints(ran.output)).toBe(0);
  const files = vmFiles({ name: "local", stateDir: join(dev.checkout.directory, ".state/dev") });
  await powerOff(files, readRecord(files)!);
  dev.checkout.write(".state/ssh-port", dev.checkout.env["SSH_PORT"]!);
  mkdirSync(hosts, { recursive: true });
  execFileSync("cp", ["-a", "--sparse=always", "--reflink=auto", dev.checkout.directory, `${kept}.new`]);
  renameSync(`${kept}.new`, kept);
  dev.checkout.remove();
  return kept;
}

const quiet = ["--non-interactive", "--suppress-permalink", "--color", "never"];

/** The dev stack's one host, in a checkout of its own, and what tests ask of it. */
export class DevHost {
  readonly checkout: Checkout;
  /** The stack's configuration, relative to the checkout. */
  readonly config = "stacks/Pulumi.dev.yaml";
  /** Where the kernel keeps the limits of all agents together; for a command on the host. */
  readonly slice = "/sys/fs/cgroup/user.slice/user-$(id -u nanoclaw).slice/user@$(id -u nanoclaw).service/nanoclaw.slice/nanoclaw-agents.slice";

  private constructor(checkout: Checkout) {
    this.checkout = checkout;
  }

  /** A checkout in an empty directory, whose VM will listen on a free port; `make up` is still to be run. */
  static async prepare(): Promise<DevHost> {
    return new DevHost(new Checkout({ SSH_PORT: String(await freePort()) }));
  }

  /**
   * A host that `make up` took to green, at once: a copy of one that this code provisioned earlier, shut down in order
   * and kept in the cache, or the first of its kind.
   */
  static async provisioned(): Promise<DevHost> {
    const kept = await keptHost();
    const dev = new DevHost(new Checkout({ SSH_PORT: readFileSync(join(kept, ".state/ssh-port"), "utf8") }, kept));
    // The stack's file names files of its checkout.
    dev.checkout.write(dev.config, dev.checkout.read(dev.config).replaceAll(/\/\S+(?=\/\.state\/dev\/)/g, dev.checkout.directory));
    const ran = await dev.checkout.make("up");
    // Nobody else would take its VM down.
    if (ran.code !== 0) await dev.remove();
    expect(ran.code, complaints(ran.output)).toBe(0);
    return dev;
  }

  /** Runs a command on the host, as root, with `input` on its stdin; throws when it fails. */
  onHost(command: string, input = ""): string {
    const { directory, env } = this.checkout;
    const quoted = `'${command.replaceAll("'", `'\\''`)}'`;
    const vm = join(directory, ".state/dev/vms/local");
    return execFileSync("toolchain/run.sh", ["node", "toolchain/vm/cli.ts", "ssh", vm, `sudo bash -c ${quoted}`], { cwd: directory, env, input, stdio: ["pipe", "pipe", "ignore"] })
      .toString()
      .trim();
  }

  /** Waits until what a command on the host prints matches, three minutes at most; returns it. */
  async eventually(command: string, wanted: RegExp): Promise<string> {
    let printed = "";
    for (let attempt = 0; attempt < 60; attempt++) {
      printed = this.onHost(command);
      if (wanted.test(printed)) return printed;
      await new Promise((resolve) => setTimeout(resolve, 3000));
    }
    throw new Error(`${command} did not print ${wanted}, but ${printed}`);
  }

  up(stack = "dev"): Promise<Ran> {
    return this.startUp(stack).ended;
  }

  startUp(stack = "dev"): Running {
    return this.checkout.startPulumi("up", "--stack", stack, "--yes", "--skip-preview", ...quiet);
  }

  preview(stack = "dev"): Promise<Ran> {
    return this.checkout.pulumi("preview", "--stack", stack, ...quiet);
  }

  /** What the operator does after an `up` was killed: nothing holds the stack any more. */
  unlock(): Promise<Ran> {
    return this.checkout.pulumi("cancel", "--stack", "dev", "--yes");
  }

  /** Replaces a part of the stack's configuration. */
  configure(from: string, to: string): void {
    const before = this.checkout.read(this.config);
    expect(before).toContain(from);
    this.checkout.write(this.config, before.replace(from, to));
  }

  /** Does something with another configuration, and puts the stack's file back however it ends: later tests need it. */
  async reconfigured(change: () => void, then: () => Promise<void>): Promise<void> {
    const before = this.checkout.read(this.config);
    try {
      change();
      await then();
    } finally {
      this.checkout.write(this.config, before);
    }
  }

  /** Sets one of the stack's `sources`. */
  setSource(name: string, value: string): void {
    const text = this.checkout.read(this.config);
    const key = "  podman-nanoclaw-runtime:sources:\n";
    const without = (text.includes(key) ? text : `${text}${key}`).replace(new RegExp(`^ {4}${name}: .*\n`, "m"), "");
    this.checkout.write(this.config, without.replace(key, `${key}    ${name}: ${value}\n`));
  }

  /** Connections that the host's sshd has accepted so far, this one among them. */
  connections(): number {
    return Number(this.onHost("journalctl -u ssh -o cat | grep -c '^Accepted publickey'"));
  }

  /** Id of the image that NanoClaw's next container will run. */
  image(): string {
    return this.onHost("cd /; runuser -u nanoclaw -- env HOME=/home/nanoclaw XDG_RUNTIME_DIR=/run/user/$(id -u nanoclaw) podman image inspect -f '{{.Id}}' nanoclaw-agent:latest");
  }

  /** Another release: the same project with this as the end of its Dockerfile. */
  changeDockerfile(end: string): void {
    const script =
      'cd "$(mktemp -d)" && tar -xzf "$1" && sed -i "/^# e2e/,\\$d" nanoclaw/container/Dockerfile && printf "# e2e\\n%s\\n" "$2" >> nanoclaw/container/Dockerfile && tar --sort=name --mtime=@0 -czf "$1" nanoclaw';
    execFileSync("bash", ["-c", script, "-", this.archive("nanoclaw-fixture"), end]);
  }

  /** The archive that the stack uses of NanoClaw, or of the base image. */
  archive(of: "nanoclaw-fixture" | "node-22-slim"): string {
    return new RegExp(`archive: (\\S*${of}\\S*)`).exec(this.checkout.read(this.config))![1]!;
  }

  /** Takes everything down, the state disk too, and deletes the checkout. */
  async remove(): Promise<void> {
    const down = await this.checkout.make("down", "DELETE_STATE=yes");
    this.checkout.remove();
    expect(down.code, down.output).toBe(0);
  }
}
