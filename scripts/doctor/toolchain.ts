import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Check } from "../../contract/doctor.ts";
import { cacheDir } from "../../toolchain/vm/places.ts";
import { root } from "../onHost/stack.ts";
import { bytes } from "../status/quantities.ts";
import { atLeast, check } from "./check.ts";
import { run } from "./run.ts";

/** The operator's own machine: programs, plugins, packages, space. `vm`: whether a host of the stack is a local VM. */
export async function toolchainChecks({ vm }: { vm: boolean }): Promise<Check[]> {
  const versions = readFileSync(join(root, "toolchain", "versions.sh"), "utf8");
  const pinned = (name: string): string => new RegExp(`^${name}="([^"]*)"`, "m").exec(versions)?.[1] ?? "";
  const pulumi = await run("pulumi", ["version"]);
  const pulumiMinimum = pinned("PULUMI_MINIMUM");
  return [
    check("node", `${pinned("NODE_MINIMUM")} or newer`, { ok: atLeast(process.versions.node, pinned("NODE_MINIMUM")), got: process.versions.node }, "toolchain/setup.sh node"),
    check("packages", "those of package-lock.json", packages(), "toolchain/setup.sh npm"),
    check("pulumi", `${pulumiMinimum} or newer`, { ok: pulumi.ok && atLeast(pulumi.text, pulumiMinimum), got: pulumi.text || "none" }, "toolchain/setup.sh pulumi"),
    languageHost(),
    commandPlugin(pinned("COMMAND_PLUGIN_VERSION")),
    programs(vm ? ["ssh", "git", "jq", "curl", "zstd", `qemu-system-${process.arch === "x64" ? "x86_64" : "aarch64"}`, "qemu-img"] : ["ssh", "git", "jq", "curl"]),
    ...(vm ? [accelerator()] : []),
    space("space in the checkout", root, vm ? 10 : 1),
    space("space in the cache", cacheDir(), 5),
  ];
}

function packages(): { ok: boolean; got: string } {
  const stamp = join(root, "node_modules", ".toolchain-lock");
  if (!existsSync(stamp)) return { ok: existsSync(join(root, "node_modules")), got: existsSync(join(root, "node_modules")) ? "installed by hand" : "none" };
  const lock = createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex");
  return readFileSync(stamp, "utf8") === lock ? { ok: true, got: "as in package-lock.json" } : { ok: false, got: "those of another package-lock.json" };
}

/** Where a program is, on PATH or where root's are. */
export function onPath(program: string): string | undefined {
  return [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"].map((directory) => join(directory, program)).find((path) => existsSync(path));
}

/** What to do about a stand-in. */
export const standInRemedy = "nothing, in a closed network; else let toolchain/setup.sh reach the official one and run it again";

/** Whether a plugin is one of test/standins. */
export function isStandIn(file: string): boolean {
  return readFileSync(file).subarray(0, 300).includes("stand-in");
}

function languageHost(): Check {
  const wanted = "Pulumi's own";
  const file = onPath("pulumi-language-nodejs");
  if (file === undefined) return check("language host", wanted, { ok: false, got: "none" }, "toolchain/setup.sh plugins");
  return check("language host", wanted, isStandIn(file) ? { ok: false, note: true, got: "the stand-in of test/standins" } : { ok: true, got: file }, standInRemedy);
}

function commandPlugin(version: string): Check {
  const wanted = `the official ${version}`;
  const name = "pulumi-resource-command";
  const installed = join(process.env["PULUMI_HOME"] ?? "", "plugins", `resource-command-v${version}`, name);
  const file = onPath(name) ?? (existsSync(installed) ? installed : undefined);
  if (file === undefined) return check("command plugin", wanted, { ok: false, got: "none" }, "toolchain/setup.sh plugins");
  return check("command plugin", wanted, isStandIn(file) ? { ok: false, note: true, got: "the stand-in of test/standins" } : { ok: true, got: file === installed ? version : file }, standInRemedy);
}

function programs(wanted: readonly string[]): Check {
  const missing = wanted.filter((program) => onPath(program) === undefined);
  return check("programs", wanted.join(", "), { ok: missing.length === 0, got: missing.length === 0 ? wanted.join(", ") : `no ${missing.join(", ")}` }, "toolchain/setup.sh packages");
}

function accelerator(): Check {
  const remedy = "the local VM is emulated, many times slower; use a machine with KVM, and be in its group kvm";
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
  } catch {
    return check("KVM", "/dev/kvm that we may open", { ok: false, note: true, got: existsSync("/dev/kvm") ? "one that we may not open" : "none" }, remedy);
  }
  let works: boolean | undefined;
  try {
    works = (JSON.parse(readFileSync(join(cacheDir(), "kvm-probe.json"), "utf8")) as { works: boolean }).works;
  } catch {
    // The first `make up` tries it.
  }
  return check("KVM", "/dev/kvm that boots a kernel", { ok: works !== false, note: true, got: works === false ? "one that boots none" : works ? "one that does" : "not tried yet" }, remedy);
}

function space(name: string, path: string, wantedGiB: number): Check {
  const { bavail, bsize } = statfsSync(existsSync(path) ? path : root);
  const free = bavail * bsize;
  return check(name, `${wantedGiB} GiB free`, { ok: free >= wantedGiB * 2 ** 30, note: free >= 2 ** 30, got: `${bytes(free)} free` }, `free space below ${path}`);
}
