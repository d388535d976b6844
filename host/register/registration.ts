import { existsSync } from "node:fs";
import { join } from "node:path";
import type { NanoclawContract } from "../../contract/nanoclaw.ts";

/** Which chat NanoClaw answers in first: the command lines of its own setup program. Pure, but for looking whether that is there. */

/** WhatsApp's address of a person or a group. */
const chatAddress = /^(\d{5,20}@s\.whatsapp\.net|\d{5,20}(-\d{5,20})?@g\.us)$/;

/** One registration. */
export interface Registration {
  contract: NanoclawContract;
  /** The installed release, absolute. */
  release: string;
  /** The chat's address; undefined = list the groups instead. */
  jid: string | undefined;
  /** The name that the assistant answers to. */
  assistantName: string;
}

/**
 * What is run with NanoClaw's Node, in its root, as its user: lists the groups, or makes a chat the main group.
 * @throws Error in four parts for an address that is none, and when this NanoClaw has no such step
 */
export function registrationCommand({ contract: { registration }, release, jid, assistantName }: Registration): string[] {
  if (jid !== undefined && !chatAddress.test(jid)) {
    throw new Error(`JID: wanted a chat's address, such as 14155551234@s.whatsapp.net or 120363041234567890@g.us; got ${JSON.stringify(jid)}. Remedy: \`make register\` without JID lists the chats`);
  }
  const program = (registration?.program ?? []).map((file) => join(release, file));
  if (registration === null || !program.every((file) => existsSync(file))) {
    throw new Error("setup: wanted a NanoClaw with the setup step register; got one that has no setup step register. Remedy: register the chat as this NanoClaw's own documentation says; `make chat` needs no registration");
  }
  const words = jid === undefined ? registration.list : registration.main;
  return [...program, ...words.map((word) => word.replace("{jid}", jid ?? "").replace("{name}", assistantName))];
}

/** The address of the phone's own chat ("Message yourself"), from WhatsApp's credentials; undefined when they do not say. */
export function ownChat(credentials: string): string | undefined {
  const id = (JSON.parse(credentials) as { me?: { id?: string } }).me?.id;
  const number = /^(\d+)(:\d+)?@s\.whatsapp\.net$/.exec(id ?? "")?.[1];
  return number === undefined ? undefined : `${number}@s.whatsapp.net`;
}
