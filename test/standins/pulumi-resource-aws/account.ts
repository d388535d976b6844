// Part of the stand-in for the `aws` plugin: what exists in the make-believe account, as one JSON file.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Inputs or outputs of a resource, in plain values. */
export type Properties = Record<string, any>;

/** One resource of the account. */
export interface Held {
  type: string;
  properties: Properties;
}

/** The account. Several plugins (one per provider of a program) may look at it; each write is whole. */
export class Account {
  readonly directory: string;
  readonly #file: string;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.directory = directory;
    this.#file = join(directory, "account.json");
  }

  get(id: string): Held | undefined {
    return this.#all()[id];
  }

  put(id: string, held: Held): void {
    this.#write({ ...this.#all(), [id]: held });
  }

  delete(id: string): void {
    const { [id]: _gone, ...rest } = this.#all();
    this.#write(rest);
  }

  /** Resources of a type, by id. */
  ofType(type: string): [string, Held][] {
    return Object.entries(this.#all()).filter(([, held]) => held.type === type);
  }

  /** The properties of a resource that must be there. */
  needed(id: string, type: string, code: string): Properties {
    const held = this.get(id);
    if (held?.type === type) return held.properties;
    throw new Error(`api error ${code}: The ID '${id}' does not exist`);
  }

  #all(): Record<string, Held> {
    return existsSync(this.#file) ? (JSON.parse(readFileSync(this.#file, "utf8")) as Record<string, Held>) : {};
  }

  #write(all: Record<string, Held>): void {
    writeFileSync(`${this.#file}.${process.pid}`, `${JSON.stringify(all, null, 1)}\n`, { mode: 0o600 });
    renameSync(`${this.#file}.${process.pid}`, this.#file);
  }
}

/** An id as AWS forms them, such as vol-0a1b2c3d4e5f60718. */
export function newId(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString("hex")}`;
}

/** An address of this computer's loopback that nothing else uses: "public" addresses lead to VMs here. */
export function newAddress(): string {
  const [a = 0, b = 0, c = 0] = randomBytes(3);
  return `127.${64 + (a % 190)}.${b}.${1 + (c % 254)}`;
}

/** Where a volume's content is. */
export function volumeFile(account: Account, volumeId: string): string {
  return join(account.directory, `${volumeId}.raw`);
}
