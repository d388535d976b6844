import { nearest } from "./config/nearest.ts";
import {
  familyOf,
  generationOf,
  isMetal,
  sustainedUsdPerHour,
  usdPerMonth,
  type Architecture,
  type InstanceType,
} from "./instanceTypes.ts";
import { Refusal } from "./refusal.ts";
import { containersRange, cpuOvercommitRange, sizeHost, usableMemoryGiB, type HostSize } from "./sizing.ts";

/** From a host's size to an EC2 instance type. Pure: the table is an argument. */

/** What may be chosen from. */
export interface InstanceOptions {
  /** Default x86_64 where the user says nothing. */
  architecture: Architecture;
  /** True lets burstable types (t3, t3a, t4g) be chosen; a pinned `instanceType` may always be one. */
  allowBurstable: boolean;
  /** This type and no other; undefined = the cheapest that fits. */
  instanceType?: string;
}

/** What keeps a cheaper type from fitting: asking for less of it would cost less. */
export type LimitedBy = "memory" | "cpus" | "memory and cpus";

/** The chosen type and what the user should know about it. */
export interface InstanceChoice {
  type: InstanceType;
  limitedBy: LimitedBy;
  usdPerMonth: number;
  /** Sentences, empty when there is nothing to say. */
  warnings: string[];
}

/**
 * The cheapest type that fits; of equal prices the newer family, then a virtual machine rather than metal,
 * then more memory. Throws a `Refusal` when none fits or the pinned one does not.
 */
export function chooseInstance(table: readonly InstanceType[], size: HostSize, options: InstanceOptions): InstanceChoice {
  const type = options.instanceType === undefined ? cheapest(table, size, options) : pinned(table, size, options);
  return {
    type,
    limitedBy: limitedBy(table, size, options, type),
    usdPerMonth: usdPerMonth(type.usdPerHour),
    warnings: warningsOf(table, size, options, type),
  };
}

/** The largest N that has a fitting type, or null when not even one container fits. */
export function largestThatFits(
  table: readonly InstanceType[],
  sizing: { browser: boolean; cpuOvercommit: number },
  options: InstanceOptions,
): number | null {
  const types =
    options.instanceType === undefined ? candidates(table, options) : table.filter((t) => t.name === options.instanceType);
  for (let containers = containersRange.max; containers >= containersRange.min; containers--) {
    const size = sizeHost({ ...sizing, containers });
    if (types.some((type) => fits(type, size))) return containers;
  }
  return null;
}

/** True when the type has the memory (as the guest sees it) and the CPUs. Disk is a volume, which fits any type. */
export function fits(type: InstanceType, size: HostSize): boolean {
  return usableMemoryGiB(type.memoryGiB) >= size.machine.memoryGiB && type.vcpus >= size.machine.cpus;
}

/** Orders types by how gladly they are taken: negative when `a` is the better choice. */
export function compareTypes(a: InstanceType, b: InstanceType): number {
  return (
    a.usdPerHour - b.usdPerHour ||
    generationOf(b) - generationOf(a) ||
    Number(isMetal(a)) - Number(isMetal(b)) ||
    b.memoryGiB - a.memoryGiB ||
    a.name.localeCompare(b.name)
  );
}

function candidates(table: readonly InstanceType[], options: InstanceOptions): InstanceType[] {
  return table
    .filter((type) => type.architecture === options.architecture && (options.allowBurstable || !type.burstable))
    .sort(compareTypes);
}

function cheapest(table: readonly InstanceType[], size: HostSize, options: InstanceOptions): InstanceType {
  const types = candidates(table, options);
  const found = types.find((type) => fits(type, size));
  if (found) return found;
  const largest = types.toSorted((a, b) => b.vcpus - a.vcpus || b.memoryGiB - a.memoryGiB)[0];
  throw new Refusal({
    field: "containers",
    wanted: `a number that an ${options.architecture} instance type fits`,
    given: `${size.containers}, which needs ${need(size)}${largest ? `; the largest known type, ${largest.name}, has ${has(largest)}` : ""}`,
    remedy: largestSentence(table, size, options),
  });
}

function pinned(table: readonly InstanceType[], size: HostSize, options: InstanceOptions): InstanceType {
  const type = knownType(table, options, fittingSentence(table, size, options));
  if (fits(type, size)) return type;
  throw new Refusal({
    field: "instanceType",
    wanted: `${need(size)} for ${plural(size.containers)}`,
    given: `${type.name} with ${has(type)}: short of ${shortfall(type, size)}`,
    remedy: `${fittingSentence(table, size, options, type)}; ${largestSentence(table, size, options)}${overcommitHint(type, size)}`,
  });
}

/**
 * The row of the pinned type. Throws a `Refusal` when there is none, or it is of another architecture.
 *
 * @param instead a sentence that names other types, for the remedy
 */
export function knownType(table: readonly InstanceType[], { instanceType, architecture }: { instanceType?: string | undefined; architecture: Architecture }, instead: string): InstanceType {
  const type = table.find(({ name }) => name === instanceType);
  if (!type) {
    const meant = nearest(instanceType!, table.map(({ name }) => name));
    throw new Refusal({
      field: "instanceType",
      wanted: "a type from components/data/ec2-instances.csv",
      given: `"${instanceType}"`,
      remedy: `${meant ? `did you mean "${meant}"? Or ` : ""}leave it out: ${instead}`,
    });
  }
  if (type.architecture === architecture) return type;
  throw new Refusal({
    field: "instanceType",
    wanted: `a type of architecture ${architecture}`,
    given: `${type.name}, which is ${type.architecture}`,
    remedy: `set the architecture to ${type.architecture}, or take another type: ${instead}`,
  });
}

/** "take m6a.2xlarge …": the pinned family's smallest type that fits, then the cheapest of all. */
function fittingSentence(
  table: readonly InstanceType[],
  size: HostSize,
  options: InstanceOptions,
  instead?: InstanceType,
): string {
  const family = instead && familyOf(instead);
  const fitting = candidates(table, { ...options, allowBurstable: true }).filter((type) => fits(type, size));
  const sameFamily = fitting.find((type) => familyOf(type) === family);
  const best = fitting.find((type) => options.allowBurstable || !type.burstable);
  const named = [...new Set([sameFamily, best])].filter((type) => type !== undefined);
  if (named.length === 0) return "no known type fits";
  return `take ${named.map((type) => `${type.name} (${has(type)}, ${usd(type.usdPerHour)} an hour)`).join(" or ")}`;
}

function largestSentence(table: readonly InstanceType[], size: HostSize, options: InstanceOptions): string {
  const largest = largestThatFits(table, size, options);
  const where = options.instanceType ?? options.architecture;
  return largest === null ? `not even one container fits ${where}` : `the largest number that fits ${where} is ${largest}`;
}

/** Names the overcommit that would make the type fit, where CPUs are all that is missing. */
function overcommitHint(type: InstanceType, size: HostSize): string {
  if (usableMemoryGiB(type.memoryGiB) < size.machine.memoryGiB) return "";
  const strict = sizeHost({ ...size, cpuOvercommit: 1 }).machine.cpus;
  const needed = Math.ceil((strict / type.vcpus) * 10 - 1e-9) / 10;
  return needed <= cpuOvercommitRange.max ? `; or set cpuOvercommit to ${needed} if agents mostly wait for the model` : "";
}

function limitedBy(
  table: readonly InstanceType[],
  size: HostSize,
  options: InstanceOptions,
  type: InstanceType,
): LimitedBy {
  // For a pinned type: what there is less room for. Otherwise: what costs less when less is asked for.
  if (options.instanceType !== undefined) {
    const memoryUse = size.machine.memoryGiB / usableMemoryGiB(type.memoryGiB);
    const cpuUse = size.machine.cpus / type.vcpus;
    return memoryUse === cpuUse ? "memory and cpus" : memoryUse > cpuUse ? "memory" : "cpus";
  }
  const costs = (machine: Partial<HostSize["machine"]>) =>
    cheapest(table, { ...size, machine: { ...size.machine, ...machine } }, options).usdPerHour;
  const memoryMatters = costs({ memoryGiB: 0 }) < type.usdPerHour;
  const cpusMatter = costs({ cpus: 0 }) < type.usdPerHour;
  return memoryMatters === cpusMatter ? "memory and cpus" : memoryMatters ? "memory" : "cpus";
}

function warningsOf(
  table: readonly InstanceType[],
  size: HostSize,
  options: InstanceOptions,
  type: InstanceType,
): string[] {
  const warnings: string[] = [];
  if (type.burstable) {
    const sustained = sustainedUsdPerHour(type);
    const steady = candidates(table, { ...options, allowBurstable: false }).find((each) => fits(each, size));
    warnings.push(
      `${type.name} is burstable: under sustained full load it costs ${usd(sustained)} an hour ` +
        `(${usd(usdPerMonth(sustained))} a month) instead of ${usd(type.usdPerHour)}` +
        (steady ? `; ${steady.name} always costs ${usd(steady.usdPerHour)}.` : "."),
    );
  }
  if (familyOf(type).endsWith("-flex")) {
    warnings.push(`${type.name} is a flex type: it guarantees 40 % of its CPUs and gives all of them most of the time only.`);
  }
  if (isMetal(type)) warnings.push(`${type.name} is a bare-metal type: it takes many minutes to start and to resize.`);
  if (size.cpuOvercommit > 1) {
    const promised = size.share.cpuQuotaPercent / 100;
    if (promised > type.vcpus) {
      warnings.push(
        `CPUs are overcommitted: service and agents may use ${promised}, ${type.name} has ${type.vcpus}; ` +
          "when all agents compute at once they slow each other down.",
      );
    }
  }
  return warnings;
}

function need(size: HostSize): string {
  return `${size.machine.memoryGiB} GiB of usable memory and ${size.machine.cpus} vCPUs`;
}

function has(type: InstanceType): string {
  return `${round(usableMemoryGiB(type.memoryGiB))} GiB usable of ${type.memoryGiB} and ${type.vcpus} vCPUs`;
}

function shortfall(type: InstanceType, size: HostSize): string {
  const memory = round(size.machine.memoryGiB - usableMemoryGiB(type.memoryGiB));
  const cpus = size.machine.cpus - type.vcpus;
  return [memory > 0 ? `${memory} GiB` : "", cpus > 0 ? `${cpus} vCPUs` : ""].filter(Boolean).join(" and ");
}

function plural(containers: number): string {
  return containers === 1 ? "1 container" : `${containers} containers`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** "$0.1728": prices by the hour need four digits, those by the month two. */
function usd(value: number): string {
  return `$${value < 10 ? Number(value.toFixed(4)) : value.toFixed(2)}`;
}
