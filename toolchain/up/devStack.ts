import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { probeSources, type Reached } from "./probeSources.ts";
import { extraCertificates } from "./extraCertificates.ts";

/**
 * Writes stacks/Pulumi.dev.yaml when there is none: the example, and, for what cannot be reached from here, what stands
 * in for it. An existing file is the user's: it stays as it is. SSH_PORT, when set, is the VM's port on loopback.
 */
const root = resolve(import.meta.dirname, "../..");
const target = join(root, "stacks", "Pulumi.dev.yaml");
const state = join(root, ".state", "dev");

/** A fixture of ours that keeps NanoClaw's contract, packed so that equal files give equal archives. */
function packFixture(): string {
  const archive = join(state, "nanoclaw-fixture.tar.gz");
  execFileSync("tar", [
    "--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--exclude=node_modules", "--exclude=dist",
    "--use-compress-program=gzip -n", "--transform=s,^nanoclaw,nanoclaw,", "-cf", archive, "-C", join(root, "test", "fixtures"), "nanoclaw",
  ]);
  return archive;
}

function lines(reached: Reached): { host: string[]; stack: string[] } {
  const key = (name: string) => `  podman-nanoclaw-runtime:${name}:`;
  const host: string[] = [];
  const stack: string[] = [];
  if (!reached.github) {
    host.push("      nanoclaw:", `        archive: ${packFixture()}`, "        pairing: none");
  }
  const sources: string[] = [];
  if (reached.npmRegistry !== null) sources.push(`    npmRegistry: ${reached.npmRegistry}`);
  if (!reached.containerRegistry) {
    const archive = execFileSync(join(root, "test/standins/base-image/build.sh"), ["socat"], { stdio: ["ignore", "pipe", "inherit"] });
    sources.push("    baseImage:", `      archive: ${archive.toString().trim().split("\n").at(-1)}`);
  }
  if (sources.length > 0) stack.push(key("sources"), ...sources);
  const certificates = extraCertificates();
  if (certificates !== "") {
    const file = join(state, "trusted-ca.pem");
    writeFileSync(file, certificates);
    stack.push(`${key("trustedCaCertificates")} ${file}`);
  }
  if (!reached.model) stack.push(key("standIns"), "    messagesApi: true");
  return { host, stack };
}

if (existsSync(target)) {
  console.log("stacks/Pulumi.dev.yaml is there already: left as it is");
} else {
  mkdirSync(state, { recursive: true });
  const reached = probeSources();
  const { host, stack } = lines(reached);
  const example = readFileSync(join(root, "stacks", "dev.example.yaml"), "utf8").trimEnd().split("\n");
  const port = process.env["SSH_PORT"];
  if (port) example.splice(example.findIndex((line) => /^ {8}kind: vm/.test(line)) + 1, 0, `        sshPort: ${port}`);
  const machine = example.findIndex((line) => /^ {6}machine:/.test(line));
  if (machine < 0) throw new Error("stacks/dev.example.yaml has no host with a `machine:` of its own");
  writeFileSync(target, [...example.slice(0, machine), ...host, ...example.slice(machine), ...stack, ""].join("\n"));
  console.log("wrote stacks/Pulumi.dev.yaml");
}
