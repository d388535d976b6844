import { homedir } from "node:os";
import { join } from "node:path";

import { Refusal } from "../../components/refusal.ts";

/** How one processor architecture is called by those who must agree on it. */
export interface Architecture {
  /** qemu-system-<this>. */
  readonly qemu: string;
  /** Debian's and Ubuntu's name. */
  readonly debian: string;
  /** QEMU's -machine. */
  readonly machine: string;
  /** The kernel's serial console. */
  readonly console: string;
}

const architectures: Record<string, Architecture> = {
  x64: { qemu: "x86_64", debian: "amd64", machine: "q35", console: "ttyS0" },
  arm64: { qemu: "aarch64", debian: "arm64", machine: "virt", console: "ttyAMA0" },
};

/** The operator's architecture; the VM has the same. */
export const architecture: Architecture = find();

function find(): Architecture {
  const found = architectures[process.arch];
  if (found) return found;
  throw new Refusal({
    field: "machine.kind",
    wanted: "a machine of x64 or arm64 for a local VM",
    given: process.arch,
    remedy: 'use machine.kind "ssh" with a host of another kind',
  });
}

/** Folder for what can be made again: `${XDG_CACHE_HOME:-~/.cache}/podman-nanoclaw-runtime`. */
export function cacheDir(): string {
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "podman-nanoclaw-runtime");
}
