import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Prints a new key pair for logging in to one EC2 host, as JSON: `{publicKey, privateKey}`. Run once in a host's life
 * by components/machine/ec2/loginKey.ts, which keeps what is printed as a secret of the stack; no file stays here.
 */
const directory = mkdtempSync(join(process.env["XDG_RUNTIME_DIR"] ?? tmpdir(), "nanoclaw-key-"));
try {
  const file = join(directory, "key");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "podman-nanoclaw-runtime", "-f", file]);
  const publicKey = readFileSync(`${file}.pub`, "utf8").trim();
  process.stdout.write(JSON.stringify({ publicKey, privateKey: readFileSync(file, "utf8") }));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
