// Part of the stand-in for the `command` plugin: how the engine writes secrets, unknown values, assets and archives.
const KIND = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

/** A value that only exists once something else has been created. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Properties of a resource as the engine sends them. */
export type Properties = Record<string, unknown>;

/** A file or a text that the program gave. */
export interface Asset {
  kind: "asset" | "archive";
  hash?: string;
  path?: string;
  text?: string;
}

/** Marks a value as secret: the engine encrypts it in state and hides it on screen. */
export function secret(value: unknown): unknown {
  return isSecret(value) ? value : { [KIND]: SECRET, value };
}

/** True when the value itself is marked; what it holds may be marked besides. */
export function isSecret(value: unknown): boolean {
  return isObject(value) && value[KIND] === SECRET;
}

/** The same without any secret mark, however deep. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  if (isSecret(value)) return plain(value["value"]);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** True when a value, or a part of it, is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasUnknown);
  if (isObject(value)) return Object.values(value).some(hasUnknown);
  return value === UNKNOWN;
}

/** The asset or archive that a value stands for, or undefined when it is neither. */
export function asAsset(value: unknown): Asset | undefined {
  if (!isObject(value) || (value[KIND] !== ASSET && value[KIND] !== ARCHIVE)) return undefined;
  const fields = Object.fromEntries(["hash", "path", "text"].filter((key) => value[key]).map((key) => [key, value[key]]));
  return { kind: value[KIND] === ASSET ? "asset" : "archive", ...fields };
}

/** An asset that is a file of this machine. */
export function fileAsset(path: string, hash: string): Properties {
  return { [KIND]: ASSET, path, hash };
}

/** An archive made of assets, by name. */
export function assetArchive(assets: Properties, hash: string): Properties {
  return { [KIND]: ARCHIVE, assets, hash };
}

/** Equal in meaning: marks of secrecy do not count, and assets are equal when their content is. */
export function same(left: unknown, right: unknown): boolean {
  return canonical(left) === canonical(right);
}

function canonical(value: unknown): string {
  return JSON.stringify(plain(value), (_key, inner: unknown) => {
    if (!isObject(inner)) return inner;
    if (inner["hash"] && (inner[KIND] === ASSET || inner[KIND] === ARCHIVE)) return { kind: inner[KIND], hash: inner["hash"] };
    return Object.fromEntries(Object.entries(inner).filter(([, each]) => each !== null).sort(([a], [b]) => (a < b ? -1 : 1)));
  }) ?? "null";
}

function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
