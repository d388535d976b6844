import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseConfig } from "../../components/config/parseConfig.ts";
import { configNamespace, secretFields } from "../../components/configSchema.ts";
import { operatorFiles } from "../../components/operatorFiles.ts";
import { Refusal } from "../../components/refusal.ts";
import type { Check } from "../../contract/doctor.ts";
import { root, upCommand } from "../onHost/stack.ts";
import { check, isPrivate } from "./check.ts";
import { run } from "./run.ts";

/** What the stack's configuration says about its hosts, as far as it can be read. */
export interface ConfiguredHost {
  name: string;
  kind: string;
  privateKeyFile?: string;
  agent?: boolean;
  /** Of an EC2 host, as `awsProfile`. */
  region?: string;
  awsProfile?: string;
}

/** Reads a stack's plain configuration, without its secrets. */
export async function configuration(stack: string): Promise<{ hosts: ConfiguredHost[]; checks: Check[] }> {
  const file = join("stacks", `Pulumi.${stack}.yaml`);
  const wanted = "a configuration that is valid";
  const said = await run("pulumi", ["config", "--json", "--stack", stack]);
  if (!said.ok) return { hosts: [], checks: [check("configuration", wanted, { ok: false, got: said.text }, `run \`${upCommand(stack)}\`, or copy an example from stacks/ to ${file}`)] };
  const raw: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(JSON.parse(said.text) as Record<string, { value?: string; objectValue?: unknown; secret: boolean }>)) {
    const name = key.slice(configNamespace.length + 1);
    if (key.startsWith(`${configNamespace}:`) && !(name in secretFields)) raw[name] = entry.objectValue ?? decoded(entry.value);
  }
  const parsed = parseConfig(raw, operatorFiles);
  const hosts = Object.entries((raw["hosts"] ?? {}) as Record<string, { machine?: Omit<ConfiguredHost, "name"> }>);
  return {
    hosts: hosts.map(([name, { machine }]) => ({ ...machine, name, kind: machine?.kind ?? "unknown" })),
    checks: parsed.ok
      ? [check("configuration", wanted, { ok: true, got: `${file}: ${hosts.map(([name]) => name).join(", ")}` }, "")]
      : parsed.errors.map((error) => check("configuration", wanted, { ok: false, got: new Refusal(error).message }, `correct ${file}`)),
  };
}

function decoded(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return text;
  }
}

/** Where the state is, what encrypts it, and who else could read it. */
export async function backendChecks(): Promise<Check[]> {
  const said = await run("pulumi", ["whoami", "--verbose", "--json"]);
  const url = said.ok ? (JSON.parse(said.text) as { url?: string }).url : undefined;
  const checks = [check("backend", "one that answers", { ok: said.ok, got: url ?? said.text }, "check PULUMI_BACKEND_URL, or `pulumi login`")];
  const directory = url?.startsWith("file://") ? url.slice("file://".length) : undefined;
  if (directory !== undefined) checks.push(privacy("state", join(directory, ".."), "directory"));
  const passphrase = process.env["PULUMI_CONFIG_PASSPHRASE_FILE"];
  if (process.env["PULUMI_CONFIG_PASSPHRASE"] !== undefined) {
    checks.push(check("passphrase", "a file that only you can read", { ok: false, note: true, got: "PULUMI_CONFIG_PASSPHRASE, which every program you start can read" }, "put it into a file and name that in PULUMI_CONFIG_PASSPHRASE_FILE"));
  } else if (passphrase !== undefined) {
    checks.push(privacy("passphrase", passphrase, "file"));
  }
  return checks;
}

/** The keys that hosts are logged in to with: those of local VMs, files, and the agent. */
export async function keyChecks(stack: string, hosts: readonly ConfiguredHost[]): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { name, kind, privateKeyFile, agent } of hosts) {
    const vmKey = join(root, ".state", stack, "vms", name, "id_ed25519");
    if (kind === "vm" && existsSync(vmKey)) checks.push(privacy(`key of ${name}`, vmKey, "file"));
    if (privateKeyFile !== undefined) checks.push(privacy(`key of ${name}`, resolve(root, privateKeyFile.replace(/^~(?=\/|$)/, homedir())), "file"));
    if (agent === true) {
      const said = await run("ssh-add", ["-l"]);
      checks.push(check(`key of ${name}`, "an SSH agent with a key", { ok: said.ok, got: said.ok ? `${said.text.split("\n").length} in the agent` : said.text }, "start an agent and `ssh-add` the key, in the shell that runs pulumi"));
    }
  }
  return checks;
}

function privacy(name: string, path: string, kind: "file" | "directory"): Check {
  const shown = path.startsWith(root) ? relative(root, path) : path;
  const wanted = `a ${kind} that only you can read`;
  if (!existsSync(path)) return check(name, wanted, { ok: false, got: `${shown}: none` }, `restore it: the stack cannot be read without; \`make up\` makes one for a new checkout`);
  const { mode } = statSync(path);
  return check(name, wanted, { ok: isPrivate(mode), got: `${shown}, mode ${(mode & 0o777).toString(8)}` }, `chmod ${kind === "file" ? 600 : 700} ${shown}`);
}
