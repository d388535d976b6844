import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";

import { chooseAccelerator } from "./accelerator.ts";
import { down } from "./down.ts";
import { prepareImage } from "./image.ts";
import { ImageSettings, parseSettings, VmSettings } from "./settings.ts";
import { sshArgs } from "./ssh.ts";
import { vmStatus } from "./status.ts";
import { up } from "./up.ts";
import { readRecord, vmFiles } from "./vmDir.ts";

const usage = `usage: node toolchain/vm/cli.ts <verb>, settings as JSON on stdin (see settings.ts)
  up [--boot <number>]      make, start or resize the VM; prints how to reach it as JSON
  down                      power off and remove it; the state disk stays
  status                    print what is known, touching nothing
  prepare-image             make the disk image ready in the cache
  ssh <VM folder> [command] log in; the folder is <stateDir>/vms/<name>, no settings on stdin`;

const Identity = VmSettings.partial().required({ name: true, stateDir: true });

async function main([verb, ...args]: string[]): Promise<void> {
  const stdin = () => readFileSync(0, "utf8");
  switch (verb) {
    case "up":
      return print(await up(parseSettings(VmSettings, stdin()), bootOf(args)));
    case "down":
      return down({ deleteState: false, ...parseSettings(Identity, stdin()) } as VmSettings);
    case "status":
      return print(vmStatus(parseSettings(Identity, stdin())));
    case "prepare-image": {
      const settings = parseSettings(ImageSettings, stdin());
      const image = await prepareImage(settings.image);
      return print({ ...image, accelerator: await chooseAccelerator(settings.accelerator, image) });
    }
    case "ssh":
      process.exitCode = ssh(args);
      return;
    default:
      process.stderr.write(`${usage}\n`);
      process.exitCode = 2;
  }
}

function bootOf(args: string[]): number | null {
  const at = args.indexOf("--boot");
  if (at < 0) return null;
  const boot = Number(args[at + 1]);
  if (!Number.isSafeInteger(boot)) throw new Error(`--boot: wanted a whole number; got ${args[at + 1]}. Remedy: leave it out`);
  return boot;
}

function ssh([folder, ...command]: string[]): number {
  const dir = resolve(folder ?? ".");
  const files = vmFiles({ stateDir: dirname(dirname(dir)), name: basename(dir) });
  const record = readRecord(files);
  if (record === null) throw new Error(`VM folder: wanted <stateDir>/vms/<name>; got ${dir}, where no VM is. Remedy: run up first`);
  return spawnSync("ssh", [...sshArgs(files, record), ...command], { stdio: "inherit" }).status ?? 255;
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
});
