import { containersRange, sizeHost } from "../sizing.ts";
import { show, type ConfigError } from "../configErrors.ts";
import { ec2Rules } from "./ec2Rules.ts";
import { egressRules } from "./egressRules.ts";
import { isCertificateBundle, privateKeyFault } from "./formats.ts";
import { acceptAnyHostKey } from "./machine.ts";
import { officialRepository } from "./nanoclaw.ts";
import type { PartialHostFields, ReadFiles } from "./types.ts";

/**
 * Rules between fields of one host. Pure but for `files`. A field that is itself wrong is absent here,
 * so that its neighbours are still checked and everything is reported at once.
 */

/** Checks one host by the rules that span fields. `path` is its place, such as `hosts.office`. */
export function hostRules(path: string, host: PartialHostFields, files: ReadFiles): ConfigError[] {
  return [
    ...(host.machine?.kind === "ssh" ? sshRules(`${path}.machine`, host.machine, files) : []),
    ...ec2Rules(path, host),
    ...sizeRules(`${path}.machine`, host),
    ...egressRules(path, host),
    ...(host.nanoclaw ? nanoclawRules(`${path}.nanoclaw`, host.nanoclaw, files) : []),
  ];
}

type Ssh = Extract<PartialHostFields["machine"], { kind: "ssh" }>;

function sshRules(path: string, machine: Ssh, files: ReadFiles): ConfigError[] {
  const errors = hostKeyRule(path, machine);
  if (machine.bastion) errors.push(...hostKeyRule(`${path}.bastion`, machine.bastion));
  const agentFault = machine.agent === true ? files.agentFault() : undefined;
  if (agentFault !== undefined) {
    const remedy = "start an agent in this session and give it the key: `eval \"$(ssh-agent)\" && ssh-add <file>`, or give `privateKeyFile`";
    errors.push({ field: `${path}.agent`, wanted: "an SSH agent at the socket that SSH_AUTH_SOCK names", given: agentFault, remedy });
  }
  if (machine.privateKeyFile !== undefined) {
    const field = `${path}.privateKeyFile`;
    const text = files.read(machine.privateKeyFile);
    const fault = text === undefined ? undefined : privateKeyFault(text);
    if (text === undefined) errors.push(missingFile(field, machine.privateKeyFile, "a private key"));
    else if (fault !== undefined) {
      errors.push({
        field,
        wanted: "a private key without a passphrase",
        given: `${show(machine.privateKeyFile)}, which holds ${fault}`,
        remedy: "name the private key's file (not the .pub one); for a key with a passphrase use `agent: true`",
      });
    }
  }
  return errors;
}

function hostKeyRule(path: string, machine: { hostKey?: string | undefined; hostKeyNotVerified?: string | undefined }) {
  const given = [machine.hostKey, machine.hostKeyNotVerified].filter((value) => value !== undefined).length;
  if (given === 1) return [] as ConfigError[];
  return [
    {
      field: `${path}.hostKey`,
      wanted: "the machine's public host key, so that nobody else can answer in its place",
      given: given === 0 ? "nothing" : "both `hostKey` and `hostKeyNotVerified`",
      remedy:
        given === 0
          ? "`npm run host-key -- <address>` prints it with its fingerprint to compare; to go without, write " +
            `hostKeyNotVerified: "${acceptAnyHostKey}"`
          : "remove `hostKeyNotVerified`",
    },
  ];
}

/** A machine of ours whose size is given must have room for N, before it is made. */
function sizeRules(path: string, { machine, containers, browser, cpuOvercommit }: PartialHostFields): ConfigError[] {
  if (machine === undefined || machine.kind === "ssh" || containers === undefined || browser === undefined || cpuOvercommit === undefined) return [];
  const needs = (n: number) => sizeHost({ containers: n, browser, cpuOvercommit }).machine;
  const vm: { cpus?: number | undefined; memoryMiB?: number | undefined } = machine.kind === "vm" ? machine : {};
  const rows = [
    { key: "cpus", given: vm.cpus, of: (n: number) => needs(n).cpus, unit: "CPUs" },
    { key: "memoryMiB", given: vm.memoryMiB, of: (n: number) => needs(n).memoryGiB * 1024, unit: "MiB" },
    { key: "diskGiB", given: machine.diskGiB, of: (n: number) => needs(n).rootDiskGiB, unit: "GiB" },
    { key: "stateDiskGiB", given: machine.stateDiskGiB, of: (n: number) => needs(n).stateDiskGiB, unit: "GiB" },
  ];
  return rows.flatMap(({ key, given, of, unit }) => {
    if (given === undefined || given >= of(containers)) return [];
    let fits = containers;
    while (fits >= containersRange.min && of(fits) > given) fits--;
    const smaller = fits >= containersRange.min ? `, or set \`containers: ${fits}\`, which fits` : "";
    return [
      {
        field: `${path}.${key}`,
        wanted: `at least ${of(containers)} ${unit} for containers: ${containers}`,
        given: `${given} ${unit}`,
        remedy: `leave it out, so that it follows from \`containers\`${smaller}`,
      },
    ];
  });
}

function nanoclawRules(path: string, nanoclaw: NonNullable<PartialHostFields["nanoclaw"]>, files: ReadFiles): ConfigError[] {
  const errors: ConfigError[] = [];
  const { archive, repository, commit } = nanoclaw;
  if (archive !== undefined && (repository !== undefined || commit !== undefined)) {
    errors.push({
      field: `${path}.archive`,
      wanted: "either an archive, or repository and commit",
      given: `an archive and ${repository === undefined ? "a commit" : "a repository"}`,
      remedy: "remove `archive` to install from git, or remove the other to install the archive",
    });
  }
  if (repository !== undefined && repository !== officialRepository && commit === undefined && archive === undefined) {
    const remedy = "add the full commit id: `git ls-remote <repository>` prints those of branches and tags";
    errors.push({ field: `${path}.commit`, wanted: "the commit of that repository that is to run", given: "nothing", remedy });
  }
  return [...errors, ...archiveRules(path, nanoclaw, files)];
}

/** Checks an archive on the operator's computer. */
export function archiveRules(
  path: string,
  { archive, archiveSha256 }: { archive?: string | undefined; archiveSha256?: string | undefined },
  files: ReadFiles,
): ConfigError[] {
  if (archive !== undefined) return files.exists(archive) ? [] : [missingFile(`${path}.archive`, archive, "an archive")];
  if (archiveSha256 === undefined) return [];
  const remedy = "add `archive`, or remove the checksum";
  return [{ field: `${path}.archiveSha256`, wanted: "an `archive` that it belongs to", given: "a checksum alone", remedy }];
}

/** Checks the file of `trustedCaCertificates`; gives its text when it is good. */
export function caCertificates(path: string | undefined, files: ReadFiles): { pem: string | null; errors: ConfigError[] } {
  if (path === undefined) return { pem: null, errors: [] };
  const field = "trustedCaCertificates";
  const pem = files.read(path);
  if (pem === undefined) return { pem: null, errors: [missingFile(field, path, "PEM certificates")] };
  if (isCertificateBundle(pem)) return { pem, errors: [] };
  const given = `${show(path)}, which holds ${pem.includes("PRIVATE KEY") ? "a private key" : "no PEM certificate, or one that is cut off or damaged"}`;
  const remedy = "convert it: `openssl x509 -inform der -in ca.crt -out ca.pem`; private keys do not belong in it";
  return { pem: null, errors: [{ field, wanted: "a PEM file with certificates and no private key", given, remedy }] };
}

function missingFile(field: string, path: string, holding: string): ConfigError {
  return {
    field,
    wanted: `a readable file with ${holding}`,
    given: `${show(path)}, which cannot be read`,
    remedy: "check the path: absolute, relative to the project's directory, or starting with ~/",
  };
}
