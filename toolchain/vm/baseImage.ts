import { existsSync } from "node:fs";

import type { ImageChoice } from "./settings.ts";

/** An installed system that VMs overlay. The files are read-only and never change. */
export interface BaseImage {
  /** What it is: "ubuntu-24.04", "debian-13" or "debian-12". */
  readonly name: Exclude<ImageChoice, "auto">;
  /** Folder in the cache, named by the content of its recipe. */
  readonly dir: string;
  /** The disk and its QEMU format. */
  readonly disk: string;
  readonly format: "raw" | "qcow2";
  /** Kernel and initrd for direct boot; null = the disk has a boot loader. */
  readonly kernel: string | null;
  readonly initrd: string | null;
}

/** True when every file of an image is there. */
export function isComplete(image: BaseImage): boolean {
  return [image.disk, image.kernel, image.initrd].every((path) => path === null || existsSync(path));
}
