import { connect } from "node:net";
import { printable, Refusal } from "./refusal.ts";

/** One decision, as it stands in the journal (`journalctl -t nanoclaw-guard -o cat`). No member ever holds a secret. */
export interface AuditEntry {
  readonly decision: "allowed" | "refused";
  /** `allow`, or the rule that refused. */
  readonly rule: string;
  /** The docker command, such as `run`. */
  readonly call: string;
  readonly reason: string;
  readonly group?: string;
  readonly role?: string;
  readonly container?: string;
  readonly image?: string;
  readonly network?: string;
  readonly workspace?: string;
  /** Names of the secrets that reach the container, and the number of those dropped. */
  readonly secrets?: readonly string[];
  readonly secretsDropped?: number;
  /** Mounts that were asked for writing and given for reading. */
  readonly downgraded?: readonly string[];
  /** Copy-out: files that came back, and what did not. */
  readonly copiedBack?: number;
  readonly notCopied?: readonly string[];
}

/** The line that is written: one JSON object, bounded, printable. */
export function auditLine(entry: AuditEntry): string {
  return JSON.stringify(entry, (_, value: unknown) => (typeof value === "string" ? printable(value) : Array.isArray(value) ? value.slice(0, 50) : value));
}

/**
 * Writes one line to journald's stream socket, as systemd-cat does, but without starting a program: refusals as
 * warnings, the rest as information. @throws Refusal when the journal is away
 */
export function audit(entry: AuditEntry, socket: string): Promise<void> {
  const priority = entry.decision === "refused" ? 4 : (entry.downgraded?.length ?? 0) > 0 ? 5 : 6;
  // identifier, unit, priority, level prefix, forward to syslog, kmsg, console; then lines.
  const text = `nanoclaw-guard\n\n${priority}\n0\n0\n0\n0\n${auditLine(entry)}\n`;
  return new Promise((resolve, reject) => {
    const stream = connect(socket);
    stream.on("error", (error: NodeJS.ErrnoException) => reject(new Refusal("journal", socket, "journald's socket", error.code ?? error.message, "systemctl restart systemd-journald.socket systemd-journald")));
    stream.end(text, () => resolve());
  });
}
