import { freemem, totalmem } from "node:os";
import { resolve } from "node:path";

import type { ConfigError } from "../configErrors.ts";
import { takenPort } from "../../toolchain/vm/ports.ts";
import { vmStatus } from "../../toolchain/vm/status.ts";
import { project } from "../../toolchain/vm/vmDir.ts";
import type { VmArgs } from "./vm.ts";

/** What this computer cannot give a host's machine (`errors`), or can give only just now or barely (`warnings`). */
export interface OperatorFindings {
  readonly errors: ConfigError[];
  readonly warnings: ConfigError[];
}

/** A VM about to be planned. */
export interface VmRequest {
  /** The host's place in the configuration, such as `hosts.office`. */
  readonly path: string;
  readonly args: Pick<VmArgs, "name" | "stateDir" | "sshPort" | "memoryMiB">;
  /** N where the memory follows from it; null where the configuration says the memory itself. */
  readonly containers: number | null;
}

/** Memory of this computer, in MiB; `available`: what programs can have now without swapping (Linux: MemAvailable). */
const operatorMemory = (): { total: number; available: number } => ({ total: totalmem() / 2 ** 20, available: freemem() / 2 ** 20 });

/** Whether this computer has the port and the memory that a VM asks for. A VM that runs with them already asks for nothing. */
export function vmFindings({ path, args, containers }: VmRequest, memory = operatorMemory()): OperatorFindings {
  const running = vmStatus({ name: args.name, stateDir: resolve(project, args.stateDir) });
  const port = running.pid !== null && running.port === args.sshPort ? null : takenPort(args.sshPort, `${path}.machine.sshPort`);
  const errors = port === null ? [] : [port];
  if (running.memoryMiB === args.memoryMiB) return { errors, warnings: [] };

  const tooMuch = beyond(memory.total, "the memory of this computer", "or use a computer with more memory");
  if (tooMuch.length > 0) return { errors: [...errors, ...tooMuch], warnings: [] };
  // What a running VM has goes back before it starts anew.
  const now = memory.available + (running.memoryMiB ?? 0);
  return { errors, warnings: beyond(now, "the memory that this computer has available now", "or end other programs: else this computer swaps, or ends the VM once its memory runs out") };

  function beyond(mostMiB: number, where: string, orElse: string): ConfigError[] {
    if (args.memoryMiB <= mostMiB) return [];
    return [
      {
        field: containers === null ? `${path}.machine.memoryMiB` : `${path}.containers`,
        wanted: `a VM of at most ${Math.floor(mostMiB)} MiB, ${where}`,
        given: containers === null ? String(args.memoryMiB) : `${containers}, for which the VM needs ${args.memoryMiB} MiB`,
        remedy: `set \`containers\` to fewer (\`npm run size\` shows what a number of them needs) and \`memoryMiB\`, if it is given, to less, ${orElse}`,
      },
    ];
  }
}
