import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const bundle = "/etc/ssl/certs/ca-certificates.crt";
const distributed = "/usr/share/ca-certificates";

const certificatesIn = (text: string): string[] => text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
const bare = (certificate: string): string => certificate.replace(/\s/g, "");

/**
 * The certificates that this computer trusts besides its distribution's, as one PEM text: in a network whose HTTPS is
 * inspected, hosts and image builds need them too. Empty when there are none, or the bundle is not Debian's.
 */
export function extraCertificates(): string {
  if (!existsSync(bundle) || !existsSync(distributed)) return "";
  const known = new Set(
    readdirSync(distributed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap((entry) => certificatesIn(readFileSync(join(entry.parentPath, entry.name), "utf8")))
      .map(bare),
  );
  const extra = certificatesIn(readFileSync(bundle, "utf8")).filter((certificate) => !known.has(bare(certificate)));
  if (extra.length > 0) console.log(`certificates: ${extra.length} that this computer trusts besides its distribution's go to the host too`);
  return extra.length === 0 ? "" : `${extra.join("\n")}\n`;
}
