import type { HostFacts } from "../contract/facts.ts";
import type { RefusalParts } from "./refusal.ts";
import { bytesPerGiB, containersRange, diskRules, sizeHost, type HostSize, type MachineRequirement } from "./sizing.ts";

/** Whether a machine can be a host for N containers, from what it says of itself. Pure: no Pulumi, no file system. */

/** The systems that are supported, with the versions; docs and errors name them from here. */
export const supportedSystems = [
  { id: "ubuntu", name: "Ubuntu", from: 24.04, to: Infinity, inWords: "Ubuntu 24.04 or newer" },
  { id: "debian", name: "Debian", from: 12, to: 13, inWords: "Debian 12 or 13" },
] as const;

/** Processors, as `uname -m` names them. */
export const supportedArchitectures = ["x86_64", "aarch64"] as const;

/** Debian 12's: what the units and slices were tested with. */
export const oldestSystemd = 252;

/** A "16 GiB" machine shows less to its kernel: firmware and hypervisor keep up to this part of it. */
export const memoryShortfallAllowed = 0.075;

/** Of `diskRules.system`, what is still to be installed on a machine that has its operating system: packages, Node, journal. */
const systemStillToComeGiB = 2;

/** Free disk that a host which is provisioned already needs for an `up`: one more release and the layers of a build. */
const freeForChangeGiB = 4;

/** What else decides whether a host fits. */
export interface FitnessOptions {
  /** True when state lies on a volume of its own, which is not the disk that is looked at. Default false. */
  stateOnVolume?: boolean;
  /** True when the stack has a sudo password for this host. Default false. */
  sudoPassword?: boolean;
}

/** Everything that keeps a machine from being a host for `size`; empty when it fits. `path` is the host's place, such as `hosts.office`. */
export function hostErrors(facts: HostFacts, size: HostSize, path: string, options: FitnessOptions = {}): RefusalParts[] {
  return [
    ...systemErrors(facts, `${path}.machine`),
    ...privilegeErrors(facts, `${path}.machine`, options),
    ...capacityErrors(facts, size, path, options),
  ];
}

function systemErrors(facts: HostFacts, field: string): RefusalParts[] {
  const errors: RefusalParts[] = [];
  const { os } = facts;
  const version = Number.parseFloat(os.versionId);
  const system = supportedSystems.find(({ id }) => id === os.id);
  const systems = supportedSystems.map(({ inWords }) => inWords).join(", ");
  if (!system || !(version >= system.from && version <= system.to)) {
    const given = os.prettyName || `${os.id} ${os.versionId}`;
    errors.push({ field, wanted: systems, given, remedy: `install one of them on the machine, or use another machine` });
  }
  if (!supportedArchitectures.some((name) => name === facts.architecture)) {
    const wanted = `a processor of type ${supportedArchitectures.join(" or ")}`;
    errors.push({ field, wanted, given: facts.architecture, remedy: "use another machine" });
  }
  if (facts.cgroupVersion !== 2) {
    errors.push({
      field,
      wanted: "cgroup version 2, without which no limit of a rootless container holds",
      given: `cgroup version ${facts.cgroupVersion}`,
      remedy: "remove systemd.unified_cgroup_hierarchy=0 from the kernel's command line (/etc/default/grub) and reboot",
    });
  }
  if (facts.systemdVersion < oldestSystemd) {
    const given = facts.systemdVersion > 0 ? `systemd ${facts.systemdVersion}` : "no systemd";
    errors.push({ field, wanted: `systemd ${oldestSystemd} or newer`, given, remedy: `use ${systems}, booted with systemd` });
  }
  return errors;
}

function privilegeErrors(facts: HostFacts, field: string, options: FitnessOptions): RefusalParts[] {
  if (facts.sudo || options.sudoPassword) return [];
  const name = field.split(".")[1] ?? "<host>";
  return [
    {
      field: `${field}.user`,
      wanted: "root, or a user with sudo",
      given: "a user for whom `sudo -n true` fails",
      remedy:
        `allow sudo without a password for this user, or run \`pulumi config set --secret --path sudoPasswords.${name}\`, ` +
        "or use another user",
    },
  ];
}

/** One resource that limits N. */
interface Limit {
  wanted: (machine: MachineRequirement) => number;
  /** What the machine has, in the same unit, with what is tolerated. */
  usable: number;
  /** What the machine has, for people. */
  given: string;
  unit: string;
  of: string;
  /** What to do, where a smaller N would not help. */
  remedy?: string;
}

/** What is too little on a provisioned machine whatever its size: the disk that a change needs free. */
export function fullDiskErrors(facts: HostFacts, size: HostSize, path: string): RefusalParts[] {
  return isProvisioned(facts) ? tooLittle(diskLimits(facts, {}), size, path) : [];
}

function capacityErrors(facts: HostFacts, size: HostSize, path: string, options: FitnessOptions): RefusalParts[] {
  return tooLittle(limits(facts, options), size, path);
}

function tooLittle(limits: Limit[], size: HostSize, path: string): RefusalParts[] {
  return limits.flatMap((limit) => {
    const wanted = limit.wanted(size.machine);
    if (wanted <= limit.usable) return [];
    const fits = largestThatFits(limit, size);
    return [
      {
        field: `${path}.containers`,
        wanted: `${wanted} ${limit.unit} of ${limit.of} for containers: ${size.containers}`,
        given: limit.given,
        remedy: limit.remedy ?? (fits > 0 ? `set containers: ${fits}, the most that fits, or use a larger machine` : tooSmall(limit, size)),
      },
    ];
  });
}

function tooSmall(limit: Limit, size: HostSize): string {
  const one = sizeHost({ ...request(size), containers: 1 }).machine;
  const least = `one container needs ${limit.wanted(one)} ${limit.unit} of ${limit.of}`;
  return size.browser && limit.of === "memory" ? `${least}: set browser: false, or use a larger machine` : `${least}: use a larger machine`;
}

function largestThatFits(limit: Limit, size: HostSize): number {
  let n = size.containers;
  while (n >= containersRange.min && limit.wanted(sizeHost({ ...request(size), containers: n }).machine) > limit.usable) n--;
  return n;
}

function request({ containers, browser, cpuOvercommit }: HostSize) {
  return { containers, browser, cpuOvercommit };
}

function limits(facts: HostFacts, options: FitnessOptions): Limit[] {
  const memoryGiB = facts.memoryBytes / bytesPerGiB;
  const memory: Limit = {
    wanted: (machine) => machine.memoryGiB,
    usable: memoryGiB / (1 - memoryShortfallAllowed),
    given: `${oneDecimal(memoryGiB)} GiB`,
    unit: "GiB",
    of: "memory",
  };
  const cpus: Limit = { wanted: ({ cpus }) => cpus, usable: facts.cpus, given: String(facts.cpus), unit: "hardware threads", of: "CPU" };
  return [memory, cpus, ...diskLimits(facts, options)];
}

/** Free space by file system. Equal figures mean one file system, which then must hold all of it. */
function diskLimits(facts: HostFacts, { stateOnVolume = false }: FitnessOptions): Limit[] {
  const { root, home, state } = facts.diskFreeBytes;
  const limit = (of: string, bytes: number, wanted: Limit["wanted"]): Limit => {
    const given = `${oneDecimal(bytes / bytesPerGiB)} GiB`;
    return { wanted, usable: bytes / bytesPerGiB, given, unit: "GiB", of };
  };
  if (isProvisioned(facts)) {
    const remedy = "free some: `journalctl --vacuum-size=200M`, `apt-get clean`, and what else fills the machine's disk";
    return [{ ...limit("free disk", Math.min(root, home), () => freeForChangeGiB), remedy }];
  }

  const system = systemStillToComeGiB + diskRules.releases;
  const images = ({ rootDiskGiB }: MachineRequirement) => rootDiskGiB - diskRules.system - diskRules.releases;
  const stateApart = stateOnVolume || state !== root;
  const onRoot: Limit["wanted"] = (machine) =>
    system + (home === root ? images(machine) : 0) + (stateApart ? 0 : machine.stateDiskGiB);
  const limitsFound = [limit("free disk on /", root, onRoot)];
  if (home !== root) limitsFound.push(limit("free disk on /home", home, images));
  if (!stateOnVolume && state !== root) {
    limitsFound.push(limit("free disk on /var/lib", state, ({ stateDiskGiB }) => stateDiskGiB));
  }
  return limitsFound;
}

function isProvisioned(facts: HostFacts): boolean {
  return Object.keys(facts.steps).some((step) => step !== "preflight");
}

function oneDecimal(value: number): string {
  return String(Math.floor(value * 10) / 10);
}
