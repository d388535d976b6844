import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import type { GuardPolicy, GuardRole } from "../../contract/policy.ts";
import { secretReplacement } from "./egress.ts";
import { Refusal } from "./refusal.ts";

/** What is left of the JSON on stdin for a role. */
export interface FilteredStdin {
  /** What the container reads: JSON of our own printing, or nothing when nothing was given. */
  readonly text: string;
  /** Names of the secrets that stay, and how many were dropped. */
  readonly kept: readonly string[];
  readonly dropped: number;
  /** What the JSON says about the group, when it says it. */
  readonly folder: string | undefined;
  readonly isMain: boolean;
}

/**
 * Takes from NanoClaw's JSON the secrets that the role does not get. It is parsed and printed anew, so that nothing can
 * hide in a spelling (duplicate members, escapes). @throws Refusal
 */
export function filterStdin(text: string, policy: GuardPolicy, roleFor: (folder: string | undefined) => GuardRole): FilteredStdin {
  if (text.trim() === "") return { text: "", kept: [], dropped: 0, folder: undefined, isMain: false };
  let input: Record<string, unknown>;
  try {
    input = JSON.parse(text) as Record<string, unknown>;
  } catch {
    input = [] as never;
  }
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new Refusal("stdin-json", "stdin", "one JSON object, as NanoClaw writes it", `${text.length} characters of something else`, "run without -i when nothing is to be read");
  }
  const unknown = Object.keys(input).find((member) => !policy.stdinMembers.includes(member));
  if (unknown !== undefined && policy.hardening.secrets) {
    throw new Refusal("stdin-member", `stdin.${unknown}`, `members ${policy.stdinMembers.join(", ")}`, unknown, "add it to the policy's stdinMembers if your NanoClaw needs it");
  }
  const folder = input["groupFolder"];
  if (folder !== undefined && typeof folder !== "string") throw new Refusal("stdin-json", "stdin.groupFolder", "a text", typeof folder, "correct it");
  // A consumer takes 1 or "yes" for true: what is neither true nor false is not NanoClaw's.
  const isMain = input["isMain"];
  if (isMain !== undefined && typeof isMain !== "boolean") throw new Refusal("stdin-json", "stdin.isMain", "true or false", isMain === null ? "null" : typeof isMain, "correct it");
  const { secrets } = input;
  if (secrets !== undefined && (typeof secrets !== "object" || secrets === null || Array.isArray(secrets))) {
    throw new Refusal("stdin-json", "stdin.secrets", "an object", typeof secrets, "correct it");
  }
  const role = roleFor(folder);
  const kept = filterSecrets((secrets ?? {}) as Record<string, unknown>, policy, role);
  const output = secrets === undefined ? input : { ...input, secrets: kept };
  const dropped = Object.keys(secrets ?? {}).length - Object.keys(kept).length;
  return { text: JSON.stringify(output), kept: Object.keys(kept), dropped, folder, isMain: isMain === true };
}

function filterSecrets(secrets: Record<string, unknown>, policy: GuardPolicy, role: GuardRole): Record<string, string> {
  const kept: [string, string][] = [];
  for (const [name, value] of Object.entries(secrets)) {
    if (typeof value !== "string") continue;
    if (policy.hardening.secrets && !role.secrets.includes(name)) continue;
    kept.push([name, secretReplacement(role, name) ?? value]);
  }
  return Object.fromEntries(kept);
}

/**
 * Reads standard input to its end. NanoClaw writes its JSON at once and closes, and the container's own entrypoint
 * reads to the end before it does anything, so nobody waits longer than without the guard. @throws Refusal
 */
export function readStdin(maxBytes: number): string {
  const chunks: Buffer[] = [];
  let length = 0;
  const chunk = Buffer.allocUnsafe(1 << 16);
  for (;;) {
    let count: number;
    try {
      count = readSync(0, chunk, 0, chunk.length, null);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") break;
      if (code !== "EAGAIN") throw error;
      // The writer made the pipe non-blocking: ask again in a millisecond.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      continue;
    }
    if (count === 0) break;
    length += count;
    if (length > maxBytes) throw new Refusal("stdin-size", "stdin", `at most ${maxBytes} bytes`, "more", "raise stdinMaxBytes in the policy");
    chunks.push(Buffer.from(chunk.subarray(0, count)));
  }
  return Buffer.concat(chunks, length).toString("utf8");
}

/** The kernel's O_TMPFILE holds O_DIRECTORY, which is another bit on ARM. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/**
 * Makes `text` this process's standard input: a file without a name in `directory` (memory), opened as descriptor 0
 * and read from its beginning, so that a program that takes this process's place (execve) reads it and no more.
 */
export function replaceStdin(text: string, directory: string): void {
  closeSync(0);
  const fd = openSync(directory, constants.O_RDWR | O_TMPFILE, 0o600);
  if (fd !== 0) throw new Error(`stdin was opened as descriptor ${fd}`);
  const bytes = Buffer.from(text, "utf8");
  // With a position, so that the descriptor's own offset stays 0.
  for (let at = 0; at < bytes.length; ) at += writeSync(0, bytes, at, bytes.length - at, at);
}
