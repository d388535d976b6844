import { readFileSync } from "node:fs";
import { join } from "node:path";

const script = readFileSync(join(import.meta.dirname, "..", "host", "login", "as-root.sh"), "utf8").replaceAll(/^(#.*)?\n/gm, "");

/** A command for a login's shell that ends up as root's. */
export interface CommandAsRoot<Password> {
  /** One word or several for the login user's shell; the password is not in it. */
  text: string;
  /** What must be the first line of its stdin; undefined = nothing, all of stdin is the command's own. */
  firstLine: Password | undefined;
}

/** A word for a POSIX shell. */
export const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * How a login user runs a command as root. root itself needs no sudo, and so no password.
 *
 * @param command words for the shell, quoted where they need it
 * @param password for sudo, by itself or as an output; undefined = sudo asks for none
 */
export function asRoot<Password>(user: string, command: string, password: Password | undefined): CommandAsRoot<Password> {
  if (user === "root") return { text: command, firstLine: undefined };
  return { text: password === undefined ? `sudo -n ${command}` : `sh -c ${shellQuoted(script)} sh ${command}`, firstLine: password };
}
