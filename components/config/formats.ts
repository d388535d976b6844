import { X509Certificate } from "node:crypto";

/** Forms that values must have. Pure: each answers yes or no, or says what is wrong in words that hold no secret. */

const keyTypes = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];

/** True for `<type> <base64>`, optionally with a comment, where the base64 really holds a key of that type. */
export function isPublicKey(text: string): boolean {
  const [type = "", blob = ""] = text.trim().split(/\s+/);
  if (text.includes("\n") || !keyTypes.includes(type) || !/^[A-Za-z0-9+/]+={0,2}$/.test(blob)) return false;
  const bytes = Buffer.from(blob, "base64");
  const length = bytes.length > 4 ? bytes.readUInt32BE(0) : 0;
  return bytes.length > 4 + length && bytes.subarray(4, 4 + length).toString("latin1") === type;
}

/** What keeps a text from being a private key that needs no passphrase; undefined when it is one. Never quotes the text. */
export function privateKeyFault(text: string): string | undefined {
  const trimmed = text.trim();
  if (isPublicKey(trimmed)) return "a public key";
  const armour = /^-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----\r?\n([\s\S]+?)-----END \1-----$/.exec(trimmed);
  if (!armour) return "something that is not a private key in PEM or OpenSSH form";
  const [, label = "", body = ""] = armour;
  if (label.startsWith("ENCRYPTED") || body.includes("Proc-Type: 4,ENCRYPTED")) return protectedKey;
  if (label !== "OPENSSH PRIVATE KEY") return undefined;
  const magic = "openssh-key-v1\0";
  const bytes = Buffer.from(body, "base64");
  if (bytes.length < magic.length + 8 || bytes.subarray(0, magic.length).toString("latin1") !== magic) {
    return "a damaged private key";
  }
  const length = bytes.readUInt32BE(magic.length);
  const cipher = bytes.subarray(magic.length + 4, magic.length + 4 + length).toString("latin1");
  return cipher === "none" ? undefined : protectedKey;
}

const protectedKey = "a private key with a passphrase";

/** True when a text holds at least one PEM certificate, none that is cut off or damaged, and no private key. */
export function isCertificateBundle(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\sA-Za-z0-9+/=]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.length > 0 && blocks.length === text.split("-----BEGIN CERTIFICATE").length - 1 && blocks.every(isCertificate) && !text.includes("PRIVATE KEY");
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** True for an http or https URL without user name and password, query or fragment. */
export function isPlainUrl(text: string, schemes: readonly string[] = ["https:", "http:"]): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const bare = url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  return bare && schemes.includes(url.protocol);
}

/** True when a URL's host is a name of letters, digits, dots, - and _, or an IP address: nothing else may stand in a proxy's configuration. */
export function hasPlainHost(text: string): boolean {
  return URL.canParse(text) && /^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/i.test(new URL(text).hostname);
}

/** True when a URL's host is an IP address, however it is written. */
export function isAddressUrl(text: string): boolean {
  return URL.canParse(text) && /^(\[.*\]|\d+(\.\d+){3})$/.test(new URL(text).hostname);
}

/** True when a URL's host is this very machine. */
export function isLoopbackUrl(text: string): boolean {
  return URL.canParse(text) && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(text).hostname);
}

/** True for a host name, an IPv4 or an IPv6 address; no user, port or scheme. */
export function isAddress(text: string): boolean {
  return /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text) || /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]+(%[\w.-]+)?$/.test(text);
}

/** True for a name of the IANA time zone database, such as Europe/Berlin. */
export function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return /^[A-Za-z]/.test(text); // offsets such as +02:00 are no names, and TZ reads them the other way round
  } catch {
    return false;
  }
}

/**
 * What keeps a text from being a network that SSH may be opened to; undefined when it is one. The whole internet, and
 * what is nearly that (IPv4 wider than /8, IPv6 wider than /19), is refused: two halves of it would be the same.
 */
export function cidrFault(text: string): string | undefined {
  const [address = "", bits = "", ...rest] = text.split("/");
  const version = /^\d{1,3}(\.\d{1,3}){3}$/.test(address) ? 4 : address.includes(":") ? 6 : 0;
  const prefix = Number(bits);
  if (rest.length > 0 || version === 0 || !/^\d{1,3}$/.test(bits) || prefix > (version === 4 ? 32 : 128)) return "no network in CIDR form";
  if (version === 4 ? address.split(".").some((part) => Number(part) > 255) : !URL.canParse(`http://[${address}]/`)) return "no IP address";
  return prefix < (version === 4 ? 8 : 19) ? "the whole internet, or a large part of it" : undefined;
}

/** The network that an address of one is in, such as 203.0.113.0/24 for 203.0.113.7/24. Wants what `cidrFault` lets pass. */
export function networkOf(cidr: string): string {
  const [address = "", bits = ""] = cidr.split("/");
  const six = address.includes(":");
  const [head = "", tail] = (six ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address).split("::");
  const parts = (text: string): string[] => text.split(six ? ":" : ".").filter((part) => part !== "");
  const after = parts(tail ?? "");
  const zeros = Array.from({ length: six ? 8 - parts(head).length - after.length : 0 }, () => "0");
  const width = six ? 16 : 8;
  const masked = [...parts(head), ...zeros, ...after].map((part, index) => {
    const kept = Math.min(width, Math.max(0, Number(bits) - index * width));
    return (Number.parseInt(part, six ? 16 : 10) >> (width - kept)) << (width - kept);
  });
  const network = six ? new URL(`http://[${masked.map((part) => part.toString(16)).join(":")}]/`).hostname.slice(1, -1) : masked.join(".");
  return `${network}/${Number(bits)}`;
}
