import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { Refusal } from "../../components/refusal.ts";
import { progress, run } from "./commands.ts";
import type { BaseImage } from "./baseImage.ts";
import { withLock } from "./lock.ts";
import { architecture, cacheDir } from "./places.ts";

/**
 * Ubuntu removes dated releases after some months, so the pin is the release (24.04) and its current image;
 * the checksum comes from the SHA256SUMS that Ubuntu publishes beside it over TLS, and names the copy in the cache.
 */
const release = "https://cloud-images.ubuntu.com/releases/noble/release";
const file = `ubuntu-24.04-server-cloudimg-${architecture.debian}.img`;

/** Where the cloud image comes from. */
export const ubuntuImageUrl = `${release}/${file}`;

/** True when the cache has an image: no network is asked then, and it does not change under a VM. */
export function ubuntuDiskExists(): boolean {
  return cached() !== null;
}

/** Ubuntu 24.04's cloud image; downloads it when the cache has none. Throws when the checksum does not fit. */
export async function ubuntuDisk(): Promise<BaseImage> {
  return withLock(join(cacheDir(), "ubuntu-24.04.lock"), "download of the Ubuntu image", async () => cached() ?? (await download()));
}

function cached(): BaseImage | null {
  if (!existsSync(cacheDir())) return null;
  const found = readdirSync(cacheDir()).find((name) => /^ubuntu-24\.04-[0-9a-f]{16}$/.test(name));
  return found === undefined ? null : image(join(cacheDir(), found));
}

function image(dir: string): BaseImage {
  return { name: "ubuntu-24.04", dir, disk: join(dir, "disk.img"), format: "qcow2", kernel: null, initrd: null };
}

async function download(): Promise<BaseImage> {
  const sums = await run("curl", ["-sfL", "--max-time", "30", `${release}/SHA256SUMS`]);
  const wanted = sums.split("\n").find((line) => line.endsWith(`*${file}`) || line.endsWith(` ${file}`))?.slice(0, 64);
  if (wanted === undefined) throw new Error(`${release}/SHA256SUMS does not name ${file}`);
  const building = join(cacheDir(), "ubuntu-24.04.download");
  rmSync(building, { recursive: true, force: true });
  mkdirSync(building, { recursive: true });
  progress(`downloading ${ubuntuImageUrl} (about 600 MB)`);
  await run("curl", ["-sSfL", "--retry", "3", "-o", join(building, "disk.img"), ubuntuImageUrl]);
  const given = (await run("sha256sum", [join(building, "disk.img")])).slice(0, 64);
  if (given !== wanted) {
    throw new Refusal({ field: "machine.image", wanted: `${file} with sha256 ${wanted}`, given, remedy: "try again; if it stays so, something on the way changes downloads" });
  }
  chmodSync(join(building, "disk.img"), 0o444);
  const dir = join(cacheDir(), `ubuntu-24.04-${wanted.slice(0, 16)}`);
  renameSync(building, dir);
  return image(dir);
}
