/** Every reason for which the guard refuses, by id. docs/SECURITY.md lists them from here. */
export const RULES = {
  "policy-unreadable": "The policy file is missing or cannot be read.",
  "policy-owner": "The policy file belongs to someone other than root, or others may write it.",
  "policy-invalid": "The policy is not what the schema says.",
  "command-unknown": "A docker command, or a flag before it, that NanoClaw does not use.",
  "flag-unknown": "A flag that NanoClaw does not use.",
  "flag-value": "A flag without its value, or with one that the grammar does not know.",
  "flag-repeated": "A flag given twice that can mean only one thing.",
  operands: "Too many or too few arguments.",
  privileged: "`--privileged` switches every protection off.",
  capabilities: "Capabilities cannot be added.",
  namespace: "Namespaces of the host or of another container cannot be joined.",
  device: "Devices cannot be given to a container.",
  "security-options": "Security options can only be made stricter.",
  network: "Networks, ports, DNS and extra hosts are the policy's to choose.",
  identity: "User, group and id mappings are the policy's to choose.",
  limits: "Limits can only be made smaller.",
  environment: "A variable that the policy does not know, or a file or wildcard of variables.",
  "mount-flag": "Mounts are given with `-v SOURCE:TARGET[:ro]` and in no other way.",
  lifecycle: "How a container starts, stops, restarts and is watched is the policy's to choose.",
  image: "The image is not one of the policy's.",
  name: "The container's name is not one that NanoClaw gives.",
  label: "A label that NanoClaw does not give.",
  entrypoint: "An entrypoint that is not a plain program name.",
  "mount-syntax": "A mount that is not exactly SOURCE:TARGET or SOURCE:TARGET:ro|rw, such as one with a smuggled `:`.",
  "mount-target": "A place in the container where nothing may be mounted.",
  "mount-source": "The source is missing, or is neither a directory nor a file (a socket, a device, a pipe).",
  "mount-symlink": "A part of the source's path is a symbolic link that leads elsewhere.",
  "mount-blocked": "The source's path, or what lies in it, holds credentials by its name.",
  "mount-permissive": "The source is too broad, or belongs to the system, to the runtime or to another group.",
  "mount-not-allowed": "The source is under no extra mount that the policy gives this role.",
  "mount-read-only": "Writing was asked for where only reading is allowed.",
  "mount-duplicate": "Two mounts on one place.",
  "group-mixed": "Mounts, name and stdin speak of different groups.",
  "role-project": "The group's role may not see the project root.",
  "stdin-json": "What came on stdin is not one JSON object.",
  "stdin-member": "The JSON on stdin has a member that the policy does not know.",
  "stdin-size": "More came on stdin than the policy allows.",
  egress: "The role's way out is shut: nginx or squid of the host does not run.",
  count: "As many containers run as the host is sized for.",
  slice: "The slice that holds all containers together is missing, so their common limits would not hold.",
  "container-foreign": "A container that is not one of this install's.",
  "build-context": "A build from a directory that is not NanoClaw's.",
  copy: "The workspace is larger than the policy lets be copied, or the host has no room for its copy.",
  podman: "podman is missing or cannot be run.",
  journal: "The journal cannot be written, and no decision goes unrecorded.",
  internal: "The guard itself failed.",
} as const satisfies Record<string, string>;

/** Id of a rule. */
export type RuleId = keyof typeof RULES;

/** A refusal: which argument, what was wanted, what was given and what to do. Never holds a secret's value. */
export class Refusal extends Error {
  readonly rule: RuleId;
  readonly field: string;

  constructor(rule: RuleId, field: string, wanted: string, given: string, remedy: string) {
    super(`${printable(field)}: wanted ${wanted}; got ${printable(given)}. Remedy: ${remedy}`);
    this.name = "Refusal";
    this.rule = rule;
    this.field = printable(field);
  }
}

/** Makes text from a command line safe for a terminal and a log line: no control characters, at most 200 characters. */
export function printable(text: string): string {
  const clean = text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "?");
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean;
}
