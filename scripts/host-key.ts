import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isAddress, isPublicKey } from "../components/config/formats.ts";
import { Refusal } from "../components/refusal.ts";

/**
 * `npm run host-key -- <address> [port]`: prints a machine's SSH host key for `hostKey`, with its fingerprint,
 * and how to compare it. stdout has the key alone, so that it can be piped; everything else is on stderr.
 */

/** The ed25519 key in what ssh-keyscan printed, without the address; undefined when there is none. */
export function keyOf(scanned: string): string | undefined {
  const keys = scanned.split("\n").map((line) => line.trim().split(/\s+/).slice(1, 3).join(" "));
  return keys.find((key) => key.startsWith("ssh-ed25519 ") && isPublicKey(key));
}

/** Reads the command line. Throws a `Refusal`. */
export function target(args: readonly string[]): { address: string; port: number } {
  const [address = "", port = "22"] = args;
  const usage = "npm run host-key -- 203.0.113.7 22";
  if (args.length > 2 || !isAddress(address)) {
    throw new Refusal({ field: "address", wanted: "a host name or an IP address", given: address || "nothing", remedy: usage });
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    throw new Refusal({ field: "port", wanted: "a whole number from 1 to 65535", given: port, remedy: usage });
  }
  return { address, port: Number(port) };
}

function scan(address: string, port: number): string {
  const result = spawnSync("ssh-keyscan", ["-t", "ed25519", "-T", "10", "-p", String(port), address], { encoding: "utf8" });
  if (result.error) {
    const remedy = "install it: `sudo apt-get install openssh-client`";
    throw new Refusal({ field: "ssh-keyscan", wanted: "the program on PATH", given: result.error.message, remedy });
  }
  const key = keyOf(result.stdout);
  if (key !== undefined) return key;
  const why = result.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  throw new Refusal({
    field: "address",
    wanted: `an SSH server with an ed25519 key at ${address}, port ${port}`,
    given: why.join("; ") || "no answer",
    remedy: "check address, port and firewall; an old server without ed25519 needs `ssh-keygen -A`",
  });
}

function fingerprint(key: string): string {
  return execFileSync("ssh-keygen", ["-lf", "-"], { input: `${key}\n`, encoding: "utf8" }).split(" ")[1] ?? "";
}

function main(args: readonly string[]): void {
  const { address, port } = target(args);
  const key = scan(address, port);
  console.log(key);
  console.error(`
Fingerprint: ${fingerprint(key)}

This is trust on first use: whoever answered at ${address}:${port} just now sent this key, and the network was not proven.
Compare the fingerprint on the machine's own console (screen, serial console, your provider's web console):

  ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub

When they are the same, write the key into the stack: hostKey: "${key}"`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}
