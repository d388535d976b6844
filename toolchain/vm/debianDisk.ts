import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";

import { Refusal } from "../../components/refusal.ts";
import { debianMirrors, sourcesOf } from "./aptMirror.ts";
import { lastLines, progress, run, tryRun } from "./commands.ts";
import { type BaseImage, isComplete } from "./baseImage.ts";
import { withLock } from "./lock.ts";
import { architecture, cacheDir } from "./places.ts";

const suites = { "debian-12": "bookworm", "debian-13": "trixie" } as const;

/** A Debian release that can be made here. */
export type DebianName = keyof typeof suites;

/** What a cloud image has; nothing that the host steps bring. */
const packages = [
  `linux-image-cloud-${architecture.debian}`, "initramfs-tools", "systemd-sysv", "systemd-resolved", "systemd-timesyncd", "udev",
  "dbus", "dbus-user-session", "libpam-systemd", "libnss-myhostname", "openssh-server", "cloud-init", "sudo", "python3",
  "ca-certificates", "curl", "iproute2", "iputils-ping", "netbase", "procps", "less", "gpg", "e2fsprogs", "kmod",
];

/** Root file system as built; the VM's overlay is larger and cloud-init grows the file system into it. */
const builtSize = "3G";
const neededBytes = 4 * 2 ** 30;

const recipe = join(import.meta.dirname, "debian");

/** True when the cache has the disk that today's recipe makes. */
export function debianDiskExists(name: DebianName): boolean {
  return isComplete(image(name));
}

/** A Debian disk with kernel and initrd beside it, made by mmdebstrap from the operator's own mirror. */
export async function debianDisk(name: DebianName): Promise<BaseImage> {
  const made = image(name);
  if (isComplete(made)) return made;
  return withLock(`${made.dir}.lock`, `build of the ${name} disk`, async () => {
    if (!isComplete(made)) await build(name, made.dir);
    return made;
  });
}

/** Named by everything that decides its content, except the archive's state on the day. */
function image(name: DebianName): BaseImage {
  const hash = createHash("sha256").update(JSON.stringify([suites[name], packages, builtSize, sources(name), architecture]));
  for (const path of readdirSync(recipe, { recursive: true, encoding: "utf8" }).sort()) {
    const full = join(recipe, path);
    hash.update(path);
    if (statSync(full).isFile()) hash.update(readFileSync(full));
  }
  const dir = join(cacheDir(), `${name}-${hash.digest("hex").slice(0, 16)}`);
  return { name, dir, disk: join(dir, "disk.img"), format: "raw", kernel: join(dir, "vmlinuz"), initrd: join(dir, "initrd") };
}

function sources(name: DebianName): string[] {
  return sourcesOf(debianMirrors(), suites[name]);
}

async function build(name: DebianName, dir: string): Promise<void> {
  const started = Date.now();
  const building = `${dir}.building-${process.pid}`;
  const tree = join(building, "tree");
  mkdirSync(cacheDir(), { recursive: true });
  const { bavail, bsize } = statfsSync(cacheDir());
  if (bavail * bsize < neededBytes) {
    throw new Refusal({ field: cacheDir(), wanted: "4 GiB free to build a disk", given: `${(bavail * bsize / 2 ** 30).toFixed(1)} GiB`, remedy: "free some space, or set XDG_CACHE_HOME to a larger disk" });
  }
  // Left by runs that were killed, whose mmdebstrap may live a little longer: hence a folder of our own. In unshare mode the files belong to sub-ids, so the same helper removes them.
  const [helper, ...helperArgs] = process.getuid?.() === 0 ? [] : ["mmdebstrap", "--unshare-helper"];
  const asBuilder = (program: string, args: string[]) => (helper ? run(helper, [...helperArgs, program, ...args]) : run(program, args));
  const left = readdirSync(cacheDir()).map((name) => join(cacheDir(), name)).filter((path) => path.startsWith(`${dir}.building`));
  await asBuilder("rm", ["-rf", "--one-file-system", ...left]).catch((error: Error) => progress(`leftovers stay: ${error.message}`));
  mkdirSync(building);

  progress(`building the ${name} disk from the apt mirror (about a minute, once)`);
  const built = await tryRun("mmdebstrap", [
    `--mode=${helper ? "unshare" : "root"}`, "--variant=apt", "--format=directory", `--architectures=${architecture.debian}`,
    `--include=${packages.join(",")}`, `--customize-hook=${join(recipe, "customize.sh")}`, suites[name], tree, ...sources(name),
  ], { onLine: (line) => line.startsWith("I: ") && progress(`mmdebstrap: ${line.slice(3)}`) });
  if (built.code !== 0) {
    throw new Refusal({
      field: "machine.image", wanted: `a ${name} disk made by mmdebstrap`, given: `a failure:\n${lastLines(built.stderr, 12)}\n`,
      remedy: "see the lines above; is the apt mirror reachable, and are mmdebstrap, uidmap and debian-archive-keyring installed?",
    });
  }
  const disk = join(building, "disk.img");
  await asBuilder("mke2fs", ["-q", "-F", "-t", "ext4", "-L", "cloudimg-rootfs", "-d", tree, disk, builtSize]);
  for (const [pattern, target] of [["vmlinuz-", "vmlinuz"], ["initrd.img-", "initrd"]] as const) {
    const found = readdirSync(join(tree, "boot")).find((file) => file.startsWith(pattern));
    if (found === undefined) throw new Error(`the ${name} tree has no ${pattern}*`);
    copyFileSync(join(tree, "boot", found), join(building, target));
  }
  await asBuilder("rm", ["-rf", "--one-file-system", tree]);
  for (const file of ["disk.img", "vmlinuz", "initrd"]) chmodSync(join(building, file), 0o444);
  if (!existsSync(dir)) renameSync(building, dir);
  progress(`built ${dir} in ${Math.round((Date.now() - started) / 1000)} s`);
}
