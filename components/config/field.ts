import { z } from "zod";

/** What a changed value does at the next `pulumi up`: the sentences that docs/CONFIGURATION.md prints. */
export const changeEffects = {
  nothing: "nothing restarts",
  nextRun: "nothing restarts; the next agent's container has it",
  network: "the next agent's container has it; NanoClaw restarts when it thereby gets its first role with an open network, or loses its last",
  caps: "caps change in place; NanoClaw restarts; a local VM restarts with its new size, an EC2 machine stops and changes its type",
  service: "NanoClaw restarts",
  model: "NanoClaw restarts where some role's network is open; elsewhere the credential proxy alone reads it anew",
  egress: "the proxies read it anew; nothing restarts",
  release: "NanoClaw is installed anew beside the old release, then restarts",
  image: "the agent image is built anew, then NanoClaw restarts",
  reconnect: "the host steps run again over the new connection",
  another: "it counts as another machine: every host step runs anew on it",
  reinstall: "what came from the old source is fetched again",
  resize: "the VM restarts with the new size; its disks are kept",
  machine: "the machine is made anew",
  fixed: "refused once the host is there: its state cannot follow. Add another host, then remove this one",
  birth: "nothing: it counts when the state volume is made",
  instance: "the machine stops, changes its type and starts; state and Elastic IP are kept",
  volume: "the volume grows in place; it never shrinks",
  cloud: "the resources at AWS change in place; the machine runs on",
  host: "a host is added or removed",
} as const;

/** What is said about one field, in the docs and in the errors about it. */
export interface FieldDoc {
  /** What it is and what it is for: the first thing a user reads. */
  means: string;
  /** The values accepted, with unit and range; completes "wanted …". */
  wanted: string;
  /** What to do when the value is wrong; completes "Remedy: …". */
  remedy: string;
  /** What changing it does. */
  changes: keyof typeof changeEffects;
  /** The default in words, where it is not one fixed value. */
  defaultInWords?: string;
}

/** Every field's doc, by schema. */
export const fieldDocs = z.registry<FieldDoc>();

/** Gives a schema its doc. Call it last: a schema derived from the result has no doc. */
export function field<S extends z.ZodType>(schema: S, doc: FieldDoc): S {
  const described = schema.describe(`${doc.means} Wanted: ${doc.wanted}. When changed: ${changeEffects[doc.changes]}.`);
  fieldDocs.add(described, doc);
  return described;
}
