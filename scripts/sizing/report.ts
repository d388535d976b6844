import { chooseInstance, largestThatFits, type InstanceChoice } from "../../components/instanceChoice.ts";
import { priceBasis, type InstanceType } from "../../components/instanceTypes.ts";
import { Refusal } from "../../components/refusal.ts";
import { bytesPerGiB, containersRange, sizeHost, type HostSize } from "../../components/sizing.ts";
import { wslConfig } from "../../components/wslConfig.ts";
import type { SizeOptions } from "./options.ts";

/** What `npm run size` prints; pure. */

/** What is asked for, but for N. */
export type Sizing = Pick<SizeOptions, "browser" | "cpuOvercommit" | "architecture" | "allowBurstable" | "instanceType">;

/** A host's size and its instance. */
export interface Plan {
  size: HostSize;
  choice: InstanceChoice;
}

/** Sizes a host for N and chooses its instance. A refusal of N says the largest that fits. */
export function plan(table: readonly InstanceType[], containers: number, sizing: Sizing): Plan {
  const { architecture, allowBurstable, instanceType } = sizing;
  const options = { architecture, allowBurstable, ...(instanceType === undefined ? {} : { instanceType }) };
  if (containers > containersRange.max) {
    sizeHost({ ...sizing, containers: containersRange.max });
    const largest = largestThatFits(table, sizing, options);
    throw new Refusal({
      field: "containers",
      wanted: `a whole number from ${containersRange.min} to ${containersRange.max}`,
      given: String(containers),
      remedy: largest === null ? "take a larger type" : `the largest that fits is ${largest}; spread more over several hosts`,
    });
  }
  const size = sizeHost({ ...sizing, containers });
  return { size, choice: chooseInstance(table, size, options) };
}

/** The object that `--json` prints. */
export function toJson({ size, choice }: Plan) {
  return {
    containers: size.containers,
    memoryGiB: size.machine.memoryGiB,
    cpus: size.machine.cpus,
    diskGiB: size.machine.diskGiB,
    instanceType: choice.type.name,
    vcpus: choice.type.vcpus,
    instanceMemoryGiB: choice.type.memoryGiB,
    usdPerHour: choice.type.usdPerHour,
    usdPerMonth: choice.usdPerMonth,
    limitedBy: choice.limitedBy,
    service: { memoryMaxGiB: size.share.memoryMaxGiB, cpuQuotaPercent: size.share.cpuQuotaPercent },
    warnings: choice.warnings,
  };
}

/** The table for 1..16 and the asked N (marked with an arrow); rows that a pinned type does not fit say so. */
export function renderTable(table: readonly InstanceType[], asked: number | null, sizing: Sizing): string {
  const numbers = [...new Set([...Array.from({ length: 16 }, (_, i) => i + 1), ...(asked === null ? [] : [asked])])];
  const rows = numbers.map((containers) => {
    const mark = containers === asked ? "→" : " ";
    const size = sizeHost({ ...sizing, containers });
    const needs = [`${mark} ${containers}`, `${size.machine.memoryGiB} GiB`, `${size.machine.cpus}`, `${size.machine.diskGiB} GiB`];
    try {
      const { choice } = plan(table, containers, sizing);
      const { type } = choice;
      return [...needs, type.name, `${type.vcpus}`, `${type.memoryGiB} GiB`, `$${choice.usdPerMonth.toFixed(2)}`, choice.limitedBy];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return [...needs, "none fits", "", "", "", ""];
    }
  });
  const header = ["  N", "memory", "CPUs", "disk", "instance", "vCPUs", "memory", "a month", "limited by"];
  const textColumns = new Set([4, 8]);
  const widths = header.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (row: string[]) =>
    row.map((cell, i) => (textColumns.has(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ").trimEnd();
  return [header, ...rows].map((row) => `${line(row)}\n`).join("");
}

/** What follows from the asked N besides the instance. */
export function renderDetails({ size, choice }: Plan): string {
  const gib = (bytes: number) => `${bytes / bytesPerGiB} GiB`;
  const caps = (c: HostSize["service"]) => `MemoryMax ${gib(c.memoryMaxBytes)}, CPUQuota ${c.cpuQuotaPercent} %, TasksMax ${c.tasksMax}`;
  const wsl = wslConfig(size);
  const { machine, container } = size;
  const rows: [string, string][] = [
    ["machine", `${machine.memoryGiB} GiB memory, ${machine.cpus} CPUs, ${machine.rootDiskGiB} GiB system disk, ${machine.stateDiskGiB} GiB state disk`],
    ["instance", `${choice.type.name}, $${choice.type.usdPerHour} an hour, $${choice.usdPerMonth.toFixed(2)} a month`],
    ["each container", `${gib(container.memoryMaxBytes)}, ${container.cpuQuotaPercent / 100} CPUs, ${container.tasksMax} pids`],
    ["agents' slice", caps(size.agentsSlice)],
    ["service", caps(size.service)],
    ["together", `${size.share.memoryMaxGiB} GiB, ${size.share.cpuQuotaPercent} %`],
    ["build slice", caps(size.buildSlice)],
    ["NanoClaw", `MAX_CONCURRENT_CONTAINERS=${size.maxConcurrentContainers}`],
    ["WSL2", `memory=${wsl.memoryGiB}GB processors=${wsl.processors} swap=${wsl.swapGiB}GB`],
    ...choice.warnings.map((text): [string, string] => ["warning", text]),
  ];
  return rows.map(([name, text]) => `${name.padEnd(15)} ${text}\n`).join("");
}

/** Says what the prices are. */
export const priceNote = `Prices: EC2 on demand, Linux, ${priceBasis.region}, as of ${priceBasis.asOf}, ${priceBasis.hoursPerMonth} hours a month, without disks and traffic.\n`;
