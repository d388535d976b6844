/**
 * What is known about EC2 instance types. Pure: the table's text comes from `instanceTable.ts`.
 */

/** CPU architectures that hosts may have, as EC2 names them. */
export const architectures = ["x86_64", "arm64"] as const;
export type Architecture = (typeof architectures)[number];

/** One row of components/data/ec2-instances.csv. */
export interface InstanceType {
  /** EC2's name, such as "m7i.xlarge". */
  name: string;
  vcpus: number;
  /** Memory by the catalogue, in GiB; the guest sees less: `usableMemoryGiB`. */
  memoryGiB: number;
  architecture: Architecture;
  /** True when full CPU is only there for a while, or for a surcharge. */
  burstable: boolean;
  /** On-demand Linux price in us-east-1, USD. */
  usdPerHour: number;
}

/** Where the table's prices are valid; shown wherever a price is shown. */
export const priceBasis = { region: "us-east-1", asOf: "2026-07-20", hoursPerMonth: 730 } as const;

/** Reads the table. Throws on a row that it does not understand, with the row's line number. */
export function parseInstanceTable(csv: string): InstanceType[] {
  const wantedHeader = "type,vcpu,memory_gib,arch,burstable,usd_per_hour_us_east_1";
  let headerSeen = false;
  const types: InstanceType[] = [];
  for (const [index, line] of csv.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    if (!headerSeen) {
      if (line !== wantedHeader) throw new Error(`instance table, line ${index + 1}: wanted the header ${wantedHeader}`);
      headerSeen = true;
      continue;
    }
    types.push(parseRow(line, index + 1));
  }
  return types;
}

function parseRow(line: string, lineNumber: number): InstanceType {
  const [name, vcpus, memoryGiB, architecture, burstable, usdPerHour, ...rest] = line.split(",");
  const known = architectures.find((each) => each === architecture);
  const numbers = [vcpus, memoryGiB, usdPerHour].map(Number);
  const [vcpuNumber, memoryNumber, usdNumber] = numbers;
  const sound = numbers.every((each) => each > 0) && (burstable === "true" || burstable === "false") && rest.length === 0;
  if (!name || !known || !sound) throw new Error(`instance table, line ${lineNumber}: cannot read "${line}"`);
  return {
    name,
    vcpus: vcpuNumber!,
    memoryGiB: memoryNumber!,
    architecture: known,
    burstable: burstable === "true",
    usdPerHour: usdNumber!,
  };
}

/** "m7i-flex" of "m7i-flex.large". */
export function familyOf(type: InstanceType): string {
  return type.name.slice(0, type.name.indexOf("."));
}

/** 7 of "m7i.large": AWS counts a family's generations in its name. */
export function generationOf(type: InstanceType): number {
  return Number(/\d+/.exec(type.name)?.[0] ?? 0);
}

/** True for types without a hypervisor: they cost what their virtual twin does and take many minutes to start. */
export function isMetal(type: InstanceType): boolean {
  return type.name.includes(".metal");
}

/** USD for a month of 730 hours, rounded to cents. */
export function usdPerMonth(usdPerHour: number): number {
  return Math.round(usdPerHour * priceBasis.hoursPerMonth * 100) / 100;
}

/**
 * Share of each vCPU that a burstable type may use for ever (AWS: "CPU credits and baseline utilization"),
 * the same for t3, t3a and t4g.
 */
const burstBaseline: Record<string, number> = { medium: 0.2, large: 0.3, xlarge: 0.4, "2xlarge": 0.4 };

/** What a vCPU hour above the baseline costs in unlimited mode, which is these families' default. */
const burstUsdPerVcpuHour: Record<string, number> = { t3: 0.05, t3a: 0.05, t4g: 0.04 };

/** USD per hour when every vCPU is busy all the time: for a burstable type, its price and the surcharge. */
export function sustainedUsdPerHour(type: InstanceType): number {
  if (!type.burstable) return type.usdPerHour;
  const size = type.name.slice(type.name.indexOf(".") + 1);
  const baseline = burstBaseline[size];
  const surcharge = burstUsdPerVcpuHour[familyOf(type)];
  if (baseline === undefined || surcharge === undefined) {
    throw new Error(`instance table: no baseline or surcharge is known for the burstable type ${type.name}`);
  }
  return type.usdPerHour + type.vcpus * (1 - baseline) * surcharge;
}
