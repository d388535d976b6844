import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { powerOff } from "../../../toolchain/vm/boot.ts";
import { lastLines, run, type RunResult, tryRun } from "../../../toolchain/vm/commands.ts";
import { VmSettings } from "../../../toolchain/vm/settings.ts";
import { sshArgs, sshOptions } from "../../../toolchain/vm/ssh.ts";
import { qemuPid } from "../../../toolchain/vm/status.ts";
import { up, type UpOutput } from "../../../toolchain/vm/up.ts";
import { readRecord, type VmFiles, vmFiles, type VmRecord, writeRecord } from "../../../toolchain/vm/vmDir.ts";
import { freePort } from "./freePort.ts";

/** What a test may choose about its VM; the rest has the driver's defaults. */
export type TestVmOptions = Partial<Omit<VmSettings, "stateDir" | "sshPort">>;

/** A VM whose system disk was shut down in order, to begin other tests from. */
export interface Snapshot {
  readonly files: VmFiles;
  readonly record: VmRecord;
  readonly settings: VmSettings;
}

const running = new Set<TestVm>();

// A test run that ends in any orderly way leaves no QEMU behind; each is ended by its own process id.
process.once("exit", () => running.forEach((vm) => vm.kill()));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** One VM of a test. `remove` it in `afterAll`; on a failed expectation print `diagnosis`. */
export class TestVm {
  readonly settings: VmSettings;
  readonly files: VmFiles;
  /** The way to it, as `up` prints it. */
  at: UpOutput;

  private constructor(settings: VmSettings, at: UpOutput) {
    this.settings = settings;
    this.files = vmFiles(settings);
    this.at = at;
  }

  /** Boots a fresh VM in a folder of its own under the temporary folder. */
  static async boot(options: TestVmOptions = {}): Promise<TestVm> {
    return TestVm.start(await settingsFor(options));
  }

  /** Boots a VM on an overlay of a snapshot: seconds of boot instead of minutes of provisioning; the snapshot stays as it is. */
  static async bootFrom(snapshot: Snapshot, options: TestVmOptions = {}): Promise<TestVm> {
    const settings = await settingsFor({ ...snapshot.settings, ...options });
    const { files: to } = { files: vmFiles(settings) };
    const from = snapshot.files;
    await run("mkdir", ["-p", "-m", "0700", to.dir]);
    await run("qemu-img", ["create", "-q", "-f", "qcow2", "-b", from.system, "-F", "qcow2", to.system]);
    await run("cp", ["--sparse=always", "--reflink=auto", from.state, to.state]);
    for (const each of ["base", "kernel", "initrd", "seed", "privateKey", "publicKey"] as const) {
      if (existsSync(from[each])) await run("cp", ["--link", "--no-target-directory", from[each], to[each]]);
    }
    writeRecord(to, { ...snapshot.record, sshPort: settings.sshPort, hardware: "", ready: false });
    return TestVm.start(settings);
  }

  private static async start(settings: VmSettings): Promise<TestVm> {
    const pending = new TestVm(settings, {} as UpOutput);
    running.add(pending);
    try {
      pending.at = await up(settings, null);
      return pending;
    } catch (error) {
      pending.remove();
      throw error;
    }
  }

  /** Starts the VM again after `powerOff` or `kill`. */
  async up(): Promise<void> {
    this.at = await up(this.settings, null);
  }

  /** Runs a command in the VM by SSH, host key checked. Never throws on an exit code. */
  ssh(command: string, options: { input?: string; timeoutMs?: number } = {}): Promise<RunResult> {
    return tryRun("ssh", [...sshArgs(this.files, this.record()), command], options);
  }

  /** Runs a command that must succeed and returns its stdout; a failure carries the VM's diagnosis. */
  async must(command: string, options: { input?: string; timeoutMs?: number } = {}): Promise<string> {
    const result = await this.ssh(command, options);
    if (result.code === 0) return result.stdout;
    throw new Error(`in the VM: ${command}\nexit code ${result.code}\n${lastLines(result.stdout + result.stderr, 30)}\n${await this.diagnosis()}`);
  }

  /** Copies a file or folder into the VM. */
  async copyTo(local: string, remote: string): Promise<void> {
    const { sshPort, user } = this.record();
    await run("scp", [...sshOptions(this.files), "-r", "-q", "-P", String(sshPort), local, `${user}@127.0.0.1:${remote}`]);
  }

  /** The end of the console and of the journal, for the message of a failure. */
  async diagnosis(): Promise<string> {
    const console = existsSync(this.files.console) ? readFileSync(this.files.console, "utf8") : "";
    const journal = await this.ssh("sudo -n journalctl --no-pager -n 40 -p info", { timeoutMs: 30_000 });
    return `--- console ${this.files.console}\n${lastLines(console, 15)}\n--- journal\n${lastLines(journal.stdout || journal.stderr, 40)}`;
  }

  /** Shuts the system down in order; disks stay. */
  powerOff(): Promise<void> {
    return powerOff(this.files, this.record());
  }

  /** Ends QEMU at once, as a power cut would. */
  kill(): void {
    const record = readRecord(this.files);
    const pid = record === null ? null : qemuPid(this.files, record);
    if (pid !== null) process.kill(pid, "SIGKILL");
  }

  /** Shuts down and gives the disk as a base for others. This VM must not be started again while they live. */
  async snapshot(): Promise<Snapshot> {
    await this.powerOff();
    return { files: this.files, record: this.record(), settings: this.settings };
  }

  /** Ends QEMU and deletes everything of this VM. */
  remove(): void {
    this.kill();
    running.delete(this);
    rmSync(this.settings.stateDir, { recursive: true, force: true });
  }

  private record(): VmRecord {
    const record = readRecord(this.files);
    if (record === null) throw new Error(`no VM in ${this.files.dir}`);
    return record;
  }
}

async function settingsFor(options: TestVmOptions): Promise<VmSettings> {
  const stateDir = mkdtempSync(join(tmpdir(), "nanoclaw-e2e-"));
  return VmSettings.parse({ name: "e2e", disposable: true, ...options, stateDir, sshPort: await freePort() });
}
