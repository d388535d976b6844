import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, realpathSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "toolchain-"));
  cpSync(join(ROOT, "toolchain"), join(directory, "toolchain"), { recursive: true });
  mkdirSync(join(directory, "programs"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the script in a copy of the checkout, with only the named programs on PATH besides coreutils and the like. */
function setup(parts: string[], env: Record<string, string> = {}, ...without: string[]) {
  const programs = join(directory, "programs");
  for (const name of ["bash", "sh", "env", "uname", "dirname", "basename", "mkdir", "mv", "ln", "rm", "cp", "cat", "chmod", "sort", "head", "tail", "tr", "cut", "sed", "grep", "stat", "readlink", "flock", "sha256sum", "sha512sum", "base64", "od", "mktemp", "tar", "gzip", "curl", "id"]) {
    const path = spawnSync("which", [name], { encoding: "utf8" }).stdout.trim();
    if (!without.includes(name) && path && !existsSync(join(programs, name))) symlinkSync(path, join(programs, name));
  }
  const ran = spawnSync(join(directory, "toolchain/setup.sh"), parts, {
    encoding: "utf8",
    env: { PATH: programs, HOME: directory, XDG_CACHE_HOME: join(directory, "cache"), ...env },
  });
  return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

function program(name: string, body: string): void {
  const path = join(directory, "programs", name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

/** An address that refuses at once, as in a closed network. */
const CLOSED = { TOOLCHAIN_NODE_DIST_URL: "http://127.0.0.1:1", TOOLCHAIN_PULUMI_URL: "http://127.0.0.1:1", NPM_CONFIG_REGISTRY: "http://127.0.0.1:1" };

test("a system Node that is new enough is used, and a second run changes nothing", () => {
  program("node", "echo v24.1.0");
  const npm = join(directory, "programs/lib/npm");
  mkdirSync(join(npm, "bin"), { recursive: true });
  writeFileSync(join(npm, "package.json"), '{\n  "version": "11.0.0"\n}');
  writeFileSync(join(npm, "bin/npm-cli.js"), "");
  chmodSync(join(npm, "bin/npm-cli.js"), 0o755);
  symlinkSync(join(npm, "bin/npm-cli.js"), join(directory, "programs/npm"));
  expect(setup(["node"], CLOSED)).toMatchObject({ code: 0, stdout: expect.stringContaining("Node 24.1.0: the system's") });
  const before = statSync(join(directory, ".state/passphrase")).mtimeMs;
  expect(setup(["node"], CLOSED).code).toBe(0);
  expect(statSync(join(directory, ".state/passphrase")).mtimeMs).toBe(before);
});

test("a Node that is a link is taken for what it leads to: two checkouts, each set up from the other's shell, would lead in a circle", () => {
  program("elsewhere", "echo v24.1.0");
  symlinkSync(join(directory, "programs/elsewhere"), join(directory, "programs/node"));
  program("npm", "echo 11.0.0");
  expect(setup(["node"], CLOSED).code).toBe(0);
  expect(readlinkSync(join(directory, ".state/bin/node"))).toBe(realpathSync(join(directory, "programs/elsewhere")));
});

test("the passphrase is for its owner only, and env.sh names its file and not its content", () => {
  program("node", "echo v24.1.0");
  program("npm", "echo 11.0.0");
  expect(setup(["node"], CLOSED).code).toBe(0);
  expect(statSync(join(directory, ".state/passphrase")).mode & 0o777).toBe(0o600);
  const passphrase = readFileSync(join(directory, ".state/passphrase"), "utf8").trim();
  expect(passphrase.length).toBeGreaterThan(30);
  expect(readFileSync(join(directory, ".state/env.sh"), "utf8")).not.toContain(passphrase);
});

test("an old Node and no network is one error that names what was tried", () => {
  program("node", "echo v18.0.0");
  const ran = setup(["node"], CLOSED);
  expect(ran.code).toBe(1);
  expect(ran.stdout).toContain("closed network: 127.0.0.1:1 did not answer");
  expect(ran.stderr).toMatch(/error: download: wanted .*node-linux-.*; got .*Remedy: /);
});

test("no Pulumi, no network and no Go is refused with what to install", () => {
  const ran = setup(["pulumi"], CLOSED);
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(/error: Pulumi: wanted .*; got none of them\. Remedy: install Pulumi .* or Go/);
});

test("without curl the remedy is the command that installs it", () => {
  expect(setup(["pulumi"], CLOSED, "curl").stderr).toMatch(/error: curl: .*apt-get install -y curl/);
});

test("a part that does not exist is refused before anything is done", () => {
  const ran = setup(["nodes"]);
  expect(ran.stderr).toMatch(/error: part: wanted node, .*; got nodes\. Remedy: /);
});

test("missing packages without apt-get are named with the reason for each", () => {
  const ran = setup(["packages"]);
  expect(ran.stdout).toMatch(/missing: .*mmdebstrap \(a Debian disk/);
  expect(ran.stderr).toMatch(/error: packages: wanted .*qemu-utils.*; got a system without apt-get/);
});

test("a file that arrives changed is thrown away", () => {
  writeFileSync(join(directory, "file"), "not what was promised");
  const script = `ROOT=. CACHE=. BIN=.; . toolchain/lib/report.sh; . toolchain/lib/network.sh; fetch 'file://${directory}/file' got sha256 ${"0".repeat(64)}`;
  const ran = spawnSync("bash", ["-c", script], { cwd: directory, encoding: "utf8" });
  expect(ran.status).toBe(1);
  expect(ran.stderr).toMatch(/error: download: wanted .*sha256 0+; got [0-9a-f]{64}\. Remedy: /);
  expect(existsSync(join(directory, "got"))).toBe(false);
  expect(existsSync(join(directory, "got.part"))).toBe(false);
});

test("the command plugin's version is the one of the package", () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { dependencies: Record<string, string> };
  const version = execFileSync("bash", ["-c", '. "$0"; echo "${COMMAND_PLUGIN_VERSION}"', join(ROOT, "toolchain/versions.sh")], { encoding: "utf8" });
  expect(version.trim()).toBe(manifest.dependencies["@pulumi/command"]);
});

describe("the stand-in of the command plugin", () => {
  const plugin = "plugins/resource-command-v1.2.1";
  const official = "#!/bin/sh\n# official";
  /** Whether pulumi's site answers; every try is kept. */
  const site = (answers: boolean): void => program("curl", `echo "$*" >>'${directory}/tries'; exit ${answers ? 0 : 28}`);
  const tries = (): number => (existsSync(join(directory, "tries")) ? readFileSync(join(directory, "tries"), "utf8").split("\n").length - 1 : 0);
  const inUse = (): string => readFileSync(join(directory, ".state/pulumi-home", plugin, "pulumi-resource-command"), "utf8").trim();
  const environment = (): string => readFileSync(join(directory, ".state/env.sh"), "utf8");
  /** As in a shell that sourced env.sh. */
  const setupPlugins = (): string => {
    const ran = setup(["plugins"], { ...CLOSED, PULUMI_HOME: join(directory, ".state/pulumi-home") });
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    return ran.stdout;
  };

  beforeEach(() => {
    program("node", "echo v24.1.0");
    program("npm", "echo 11.0.0");
    program("pulumi-language-nodejs", "");
    // Like the real one, it takes what is there for what it was asked for.
    program("pulumi", `[ "$1" = plugin ] || { echo v3.259.0; exit; }
to="\${PULUMI_HOME}/${plugin}"; [ ! -e "\${to}" ] || [ "$6" = --reinstall ] || exit 0
mkdir -p "\${to}"; rm -f "\${to}"/*; printf '#!/bin/sh\\n# official\\n' >"\${to}/pulumi-resource-command"; chmod 755 "\${to}/pulumi-resource-command"`);
    writeFileSync(join(directory, "package-lock.json"), "{}");
    mkdirSync(join(directory, "node_modules"));
    writeFileSync(join(directory, "node_modules/.toolchain-lock"), createHash("sha256").update("{}").digest("hex"));
    site(false);
    expect(setupPlugins()).toContain("STAND-IN of test/standins");
    expect(inUse()).toContain("Starts a stand-in");
    expect(environment()).toContain("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION");
  });

  test("goes when the official one appears in the user's own Pulumi home, also for a shell that sourced env.sh", () => {
    mkdirSync(join(directory, ".pulumi", plugin), { recursive: true });
    writeFileSync(join(directory, ".pulumi", plugin, "pulumi-resource-command"), official, { mode: 0o755 });
    expect(setupPlugins()).toContain(`official v1.2.1, from ${directory}/.pulumi/`);
    expect(inUse()).toBe(official);
    expect(environment()).not.toContain("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION");
  });

  test("goes when the official one can be downloaded, which is tried once a day and no oftener", () => {
    expect(tries()).toBe(1);
    site(true);
    expect(setupPlugins()).toContain("STAND-IN");
    expect(tries()).toBe(1);
    const yesterday = Date.now() / 1000 - 25 * 3600;
    utimesSync(join(directory, ".state/toolchain/command-plugin-tried"), yesterday, yesterday);
    expect(setupPlugins()).toContain("official v1.2.1, downloaded");
    expect(inUse()).toBe(official);
  });

  test("stays where the site still does not answer a day later", () => {
    const yesterday = Date.now() / 1000 - 25 * 3600;
    utimesSync(join(directory, ".state/toolchain/command-plugin-tried"), yesterday, yesterday);
    expect(setupPlugins()).toContain("STAND-IN");
    setupPlugins();
    expect(tries()).toBe(2);
    expect(inUse()).toContain("Starts a stand-in");
  });
});
