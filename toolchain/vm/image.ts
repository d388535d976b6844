import type { BaseImage } from "./baseImage.ts";
import { progress, tryRun } from "./commands.ts";
import { debianDisk, debianDiskExists } from "./debianDisk.ts";
import type { ImageChoice } from "./settings.ts";
import { ubuntuDisk, ubuntuDiskExists, ubuntuImageUrl } from "./ubuntuDisk.ts";

/** Makes the image ready in the cache: at once when it is there, else a download or a build of about a minute. */
export async function prepareImage(choice: ImageChoice): Promise<BaseImage> {
  const name = choice === "auto" ? await choose() : choice;
  return name === "ubuntu-24.04" ? ubuntuDisk() : debianDisk(name);
}

/** `auto`: what the cache has, else Ubuntu when its server answers within 5 s, else Debian 13. */
async function choose(): Promise<"ubuntu-24.04" | "debian-13"> {
  if (ubuntuDiskExists()) return "ubuntu-24.04";
  if (debianDiskExists("debian-13")) return "debian-13";
  // Ubuntu's image for arm64 boots by UEFI firmware only; Debian's kernel is booted directly.
  const answers = process.arch === "x64" && (await tryRun("curl", ["-sfIL", "--max-time", "5", ubuntuImageUrl])).code === 0;
  progress(answers ? "image: Ubuntu 24.04 cloud image" : "image: Debian 13 from the apt mirror, because Ubuntu's cloud images cannot be reached from here");
  return answers ? "ubuntu-24.04" : "debian-13";
}
