import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { PlainConnection } from "../../components/machine/index.ts";
import { Refusal } from "../../components/refusal.ts";

/** The checkout. */
export const root = join(import.meta.dirname, "..", "..");

/** How to log in to a host. Holds secrets: never print one. */
export interface Login extends PlainConnection {
  sudoPassword?: string;
}

/** A host of the stack, by its name in the configuration. */
export interface StackHost {
  name: string;
  login: Login;
}

/** A stack that has been brought up, and those of its hosts that are meant. */
export interface Stack {
  name: string;
  /** The command that brings it up, for remedies. */
  up: string;
  hosts: StackHost[];
}

/** The command that brings a stack up: `make up` makes only the local one. */
export function upCommand(stack: string): string {
  return stack === "dev" ? "make up" : `pulumi up --stack ${stack}`;
}

/** `make` and its variables for a command on one stack, for remedies. */
export function makeCommand(target: string, stack: string, host?: string): string {
  return `make ${target}${stack === "dev" ? "" : ` STACK=${stack}`}${host === undefined ? "" : ` HOST=${host}`}`;
}

/**
 * Reads the stack's output `logins`.
 * @param only the name of the one host that is meant; undefined = all
 * @throws Refusal when there is no such stack, host, or no output yet
 */
export async function readStack(name: string, only: string | undefined): Promise<Stack> {
  const up = upCommand(name);
  const logins = await readLogins(name, up);
  const hosts = Object.entries(logins).map(([host, login]) => ({ name: host, login }));
  const meant = hosts.filter((host) => only === undefined || host.name === only);
  if (meant.length === 0) {
    const known = hosts.map((host) => host.name).join(", ");
    throw new Refusal({ field: "HOST", wanted: `one of ${known || "the stack's hosts"}`, given: only ?? "a stack without hosts", remedy: "name a host of this stack" });
  }
  return { name, up, hosts: meant };
}

async function readLogins(name: string, up: string): Promise<Record<string, Login>> {
  try {
    const { stdout } = await promisify(execFile)("pulumi", ["stack", "output", "logins", "--stack", name, "--show-secrets", "--json"], { cwd: root });
    return JSON.parse(stdout) as Record<string, Login>;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim().split("\n").at(-1)?.replace(/^error: /, "") ?? String(error);
    const remedy = /passphrase|decrypt/i.test(said) ? "restore .state/passphrase, or set PULUMI_CONFIG_PASSPHRASE; `make doctor` looks at it" : `run \`${up}\` first; \`make doctor\` tells what is missing`;
    throw new Refusal({ field: "STACK", wanted: "a stack that has been brought up", given: `${name} (${said})`, remedy });
  }
}

/** The one host that is meant. @throws Refusal when there are several */
export function oneHost({ hosts }: Stack): StackHost {
  const [first, second] = hosts;
  if (first === undefined || second !== undefined) {
    throw new Refusal({ field: "HOST", wanted: `one of ${hosts.map(({ name }) => name).join(", ")}`, given: "nothing", remedy: `name one, such as HOST=${first?.name ?? "name"}` });
  }
  return first;
}
