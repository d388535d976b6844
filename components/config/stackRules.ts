import { show, type ConfigError } from "../configErrors.ts";
import { ec2Warnings } from "./ec2Rules.ts";
import { egressWarnings } from "./egressRules.ts";
import { isAddressUrl, isLoopbackUrl } from "./formats.ts";
import type { HostConfig, PartialHostFields } from "./types.ts";

/** Rules about names, about the model, and between hosts. Pure. */

/** A host as far as it is understood: fields that are wrong are absent. */
export interface PartialHost {
  name: string;
  path: string;
  fields: PartialHostFields;
}

/** A host's name becomes part of resource names, file names and the VM's host name. */
export function hostNameRule(path: string, name: string): ConfigError[] {
  if (/^[a-z]([a-z0-9-]{0,29}[a-z0-9])?$/.test(name)) return [];
  return [
    {
      field: path,
      wanted: "a name of 1 to 31 lower-case letters, digits and dashes that starts with a letter",
      given: show(name),
      remedy: "rename the host, such as office or pilot-1",
    },
  ];
}

/** Two hosts must not be one machine: they would undo each other's work. */
export function samePlaceRules(hosts: readonly PartialHost[]): ConfigError[] {
  const first = new Map<string, string>();
  return hosts.flatMap(({ path, fields: { machine } }) => {
    if (!machine || machine.kind === "ec2") return [];
    const isVm = machine.kind === "vm";
    if (isVm ? !machine.sshPort : !machine.address || !machine.port) return [];
    const place = isVm ? `sshPort ${machine.sshPort}` : `${machine.address?.toLowerCase()}:${machine.port}`;
    const earlier = first.get(place);
    if (earlier === undefined) {
      first.set(place, path);
      return [];
    }
    const remedy = isVm
      ? `give this VM another port, such as ${(machine.sshPort ?? 0) + 1}`
      : "remove one of the two, or correct its address; one host serves many groups";
    return [
      {
        field: `${path}.machine.${isVm ? "sshPort" : "address"}`,
        wanted: isVm ? "a port that no other VM of the stack uses" : "a machine that no other host of the stack is",
        given: `${place}, which ${earlier} has already`,
        remedy,
      },
    ];
  });
}

/** Checks where the model is reached. */
export function modelRules(baseUrl: string | undefined, standIn: boolean): { errors: ConfigError[]; warnings: string[] } {
  const field = "anthropic.baseUrl";
  if (baseUrl === undefined) return { errors: [], warnings: [] };
  if (standIn) {
    const remedy = "remove `baseUrl`, or set standIns.messagesApi to false";
    const wanted = "no address, because standIns.messagesApi answers instead";
    return { errors: [{ field, wanted, given: show(baseUrl), remedy }], warnings: [] };
  }
  if (new URL(baseUrl).protocol === "https:") {
    if (!isAddressUrl(baseUrl) && !isLoopbackUrl(baseUrl)) return { errors: [], warnings: [] };
    const remedy = "give the gateway a name that its certificate holds, in your DNS or in /etc/hosts of the host; a gateway on the host itself may use http";
    return { errors: [{ field, wanted: "a host name, because nginx checks names in certificates and no addresses", given: show(baseUrl), remedy }], warnings: [] };
  }
  if (isLoopbackUrl(baseUrl)) {
    return { errors: [], warnings: [`${field}: ${baseUrl} is not encrypted. That is for a gateway on the host itself only.`] };
  }
  const remedy = "use https: over http anybody on the way reads the credential and every message";
  return { errors: [{ field, wanted: "an https URL (http for loopback only)", given: show(baseUrl), remedy }], warnings: [] };
}

/** What is allowed, but worth a line at every preview. */
export function hostWarnings(host: HostConfig): string[] {
  const { path, machine } = host;
  const warnings = [...ec2Warnings(host), ...egressWarnings(host)];
  if (machine.kind === "ssh") {
    const open = [machine, ...(machine.bastion ? [machine.bastion] : [])].filter((at) => at.hostKeyNotVerified);
    for (const { address } of open) {
      warnings.push(`${path}.machine: the host key of ${address} is not verified; whoever answers there gets your secrets.`);
    }
  }
  return warnings;
}
