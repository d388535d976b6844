import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** Shell of the host whose programs, or what lies below it, are stand-ins: what it does when they answer as a host seldom does. */
const host = join(import.meta.dirname, "../../host");
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "host-fakes-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A program on PATH that keeps its arguments. */
function fake(name: string, body: string): void {
  writeFileSync(join(directory, name), `#!/bin/sh\n# STAND-IN for ${name}\necho "$*" >>'${directory}/${name}.calls'\n${body}\n`, { mode: 0o755 });
}
/** The arguments of its calls that begin with a word. */
const calls = (name: string, first: string): string[] => readFileSync(join(directory, `${name}.calls`), "utf8").split("\n").filter((line) => line.startsWith(`${first} `));
function run(command: string, args: string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", env: { PATH: `${directory}:${process.env["PATH"]}`, ...env } });
  return { status, stdout, stderr };
}

describe("stopping the service", () => {
  const script = join(host, "steps/service/rootfs/opt/nanoclaw/lib/stop-agents.sh");
  const ours = "ps -q --filter label=podman-nanoclaw-runtime=agent";

  test("stops our containers and nobody else's", () => {
    fake("podman", `case "$*" in "${ours}") printf 'our1\\nour2\\n' ;; ps*) printf 'our1\\ntheirs\\nour2\\n' ;; esac`);
    expect(run("sh", [script])).toMatchObject({ status: 0, stderr: "" });
    expect(calls("podman", "stop")).toEqual(["stop -t 5 our1 our2"]);
  });

  test.each([["none of ours runs", `case "$*" in "${ours}") ;; ps*) echo theirs ;; esac`], ["podman cannot tell", "exit 125"]])("stops nothing where %s, and does not fail", (_, body) => {
    fake("podman", body);
    expect(run("sh", [script]).status).toBe(0);
    expect(calls("podman", "stop")).toEqual([]);
  });
});

describe("images of ours", () => {
  const prune = (): string[] => {
    const program = `set -euo pipefail; UPSTREAM=; as_nanoclaw() { "$@"; }; required() { echo 2; }; forget_names() { :; }; changed() { echo "$1"; }
      eval "$(sed -n '/^prune_images() {/,/^}/p' "$1")"; prune_images in-use`;
    const { status, stdout, stderr } = run("bash", ["-c", program, "-", join(host, "steps/agentImage/apply.sh")]);
    expect(status, stderr).toBe(0);
    return stdout.split("\n").filter((line) => line !== "");
  };

  test("beyond keepImages go, the newest stay, and so do the one in use and one that a container holds", () => {
    // Newest first, as podman sorts; a line for each name of an image.
    fake("podman", `case "$*" in
      images*--filter\\ label=podman-nanoclaw-runtime=image*--sort\\ created*) for id in new1 in-use new2 new2 old1 held old2; do echo "sha256:$id"; done ;;
      *held) exit 2 ;;
    esac`);
    expect(prune()).toEqual(["image old1 removed", "image old2 removed"]);
    expect(calls("podman", "rmi")).toEqual(["old1", "held", "old2"].map((id) => `rmi --force=false ${id}`));
  });

  test("up to keepImages all stay", () => {
    fake("podman", 'case "$*" in images*) for id in new1 in-use new2; do echo "sha256:$id"; done ;; esac');
    expect(prune()).toEqual([]);
    expect(calls("podman", "rmi")).toEqual([]);
  });
});

describe("the probe's cgroup version", () => {
  const probe = readFileSync(join(host, "probe/probe.sh"), "utf8");
  const seen = (script: string): unknown => (JSON.parse(spawnSync("sh", ["-s"], { input: script, encoding: "utf8" }).stdout) as { cgroupVersion: number }).cgroupVersion;

  test.each([
    ["1 where each controller has a tree of its own", 1, ["memory", "cpu"], ""],
    ["1 where the unified tree is only beside those, as systemd's hybrid has it", 1, ["memory", "unified"], "unified/cgroup.controllers"],
    ["2 where one tree has all controllers", 2, ["system.slice"], "cgroup.controllers"],
  ])("is %s", (_, version, directories, file) => {
    for (const name of directories) mkdirSync(join(directory, "cgroup", name), { recursive: true });
    if (file !== "") writeFileSync(join(directory, "cgroup", file), "cpu memory pids\n");
    expect(seen(probe.replaceAll("/sys/fs/cgroup", join(directory, "cgroup")))).toBe(version);
  });

  test("is the one that this computer's kernel has mounted", () => {
    const mounted = spawnSync("stat", ["-fc", "%T", "/sys/fs/cgroup"], { encoding: "utf8" }).stdout.trim();
    expect(seen(probe)).toBe(mounted === "cgroup2fs" ? 2 : 1);
  });
});

describe("the smoke step", () => {
  const proofs = (ok: boolean) => JSON.stringify({ ok, proofs: [{ name: "podman-rootless", ok: true, remedy: "" }, { name: "limit-memory", ok, remedy: "look at the slice" }, { name: "limit-cpu", ok, remedy: "look at the CPU" }] });
  /** The step with a smoke test that prints this; what it would install and write on a host is left out. */
  const smoke = (report: string, exitCode: number) => {
    fake("node", `printf '%s' '${report}'; exit ${exitCode}`);
    fake("journalctl", "echo the journal\\'s end");
    writeFileSync(join(directory, "step.sh"), `set -Eeuo pipefail; NODE='${directory}/node'; install_file() { :; }; install() { :; }; mv() { :; }; . '${host}/lib/messages.sh'`);
    writeFileSync(join(directory, "settings.json"), "{}");
    return run("bash", [join(host, "steps/smoke/apply.sh")], { NANOCLAW_LIB: directory, NANOCLAW_BUNDLE: directory, NANOCLAW_WORK: directory, NANOCLAW_STEP: "smoke" });
  };

  test("prints the proofs and ends well when all hold", () => {
    expect(smoke(proofs(true), 0)).toEqual({ status: 0, stdout: proofs(true), stderr: "" });
  });

  test("fails when a proof does not hold, with the journal's end, the proofs' names and the first one's remedy", () => {
    const { status, stdout, stderr } = smoke(proofs(false), 1);
    expect([status, stdout]).toEqual([1, proofs(false)]);
    expect(stderr).toContain("[smoke] | the journal's end\n");
    expect(calls("journalctl", "-u")[0]).toMatch(/^-u nanoclaw\.service -n 30 /);
    expect(stderr).toMatch(/^error: smoke: wanted every proof to hold; got limit-memory, limit-cpu failed\. Remedy: look at the slice$/m);
  });

  test.each(["Killed", ""])("that ended without a report is an error with what it printed instead: '%s'", (printed) => {
    expect(smoke(printed, 137)).toMatchObject({ status: 1, stdout: "", stderr: expect.stringMatching(`^error: smoke: wanted a report of proofs; got exit code 137 and none: ${printed}\\. Remedy: `) });
  });
});
