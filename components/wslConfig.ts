import { nominalMemoryGiB, type HostSize } from "./sizing.ts";

/** The values of `.wslconfig`'s [wsl2] section. */
export interface WslConfig {
  /** `memory=`, whole GB as WSL counts them (GiB): more than the requirement, because the VM's kernel keeps some. */
  memoryGiB: number;
  /** `processors=` */
  processors: number;
  /** `swap=`: the seed's 2 GB, and 1 GB for each container past the second. */
  swapGiB: number;
}

/** What WSL2 needs for a host of this size. */
export function wslConfig(size: HostSize): WslConfig {
  return {
    memoryGiB: nominalMemoryGiB(size.machine.memoryGiB),
    processors: size.machine.cpus,
    swapGiB: Math.max(2, size.containers),
  };
}

/** The [wsl2] section as a file; `prefix` stands before each line (such as "# "). */
export function renderWslConfig(config: WslConfig, prefix = ""): string {
  const lines = ["[wsl2]", `memory=${config.memoryGiB}GB`, `processors=${config.processors}`, `swap=${config.swapGiB}GB`];
  return lines.map((line) => `${prefix}${line}\n`).join("");
}
