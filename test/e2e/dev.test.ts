import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Checkout, type Ran } from "./lib/checkout.ts";
import { freePort } from "./lib/freePort.ts";
import { changes, resourcesOf } from "./lib/pulumiOutput.ts";

/**
 * The main job on a real host, in the order in which a team meets it: from an empty directory to green, again, drift,
 * a bigger host, an `up` that is killed. One VM serves all of it, because each test leaves a green host behind.
 */
let checkout: Checkout;
const config = "stacks/Pulumi.dev.yaml";

/** A command on the VM, as root. */
function onHost(command: string): string {
  const directory = join(checkout.directory, ".state/dev/vms/local");
  const quoted = `'${command.replaceAll("'", `'\\''`)}'`;
  return execFileSync("toolchain/run.sh", ["node", "toolchain/vm/cli.ts", "ssh", directory, `sudo bash -c ${quoted}`], { cwd: checkout.directory, env: checkout.env, stdio: ["ignore", "pipe", "ignore"] })
    .toString()
    .trim();
}

const up = (): Promise<Ran> => checkout.pulumi("up", "--stack", "dev", "--yes", "--skip-preview", "--non-interactive", "--suppress-permalink", "--color", "never");

/** Connections that the host's sshd has accepted so far. */
const connections = (): number => Number(onHost("journalctl -u ssh -o cat | grep -c '^Accepted publickey'"));

const slice = "/sys/fs/cgroup/user.slice/user-$(id -u nanoclaw).slice/user@$(id -u nanoclaw).service/nanoclaw.slice/nanoclaw-agents.slice";

beforeAll(async () => {
  checkout = new Checkout({ SSH_PORT: String(await freePort()) });
});

afterAll(async () => {
  if (checkout === undefined) return;
  const down = await checkout.make("down", "DELETE_STATE=yes");
  checkout.remove();
  expect(down.code, down.output).toBe(0);
});

test("make up takes an empty directory to a green smoke test on a real host", async () => {
  const ran = await checkout.make("up");
  expect(ran.code, ran.output.slice(-8000)).toBe(0);
  expect(ran.output).toMatch(/green after \d+:\d\d/);
  console.log(ran.output.split("\n").filter((line) => /: (done in|green after)|green after|^\[.*\] (ok|FAILED)|proofs/.test(line)).join("\n"));
  expect(statSync(join(checkout.directory, ".state/passphrase")).mode & 0o077).toBe(0);
});

test("the state of the stack holds no secret in plain text", () => {
  const state = checkout.read(".state/pulumi/.pulumi/stacks/podman-nanoclaw-runtime/dev.json");
  expect(state).not.toMatch(/PRIVATE KEY/);
  expect(state).not.toMatch(/sk-standin-/);
});

test("the service runs as its own user, and what the agent's containers get is what the kernel enforces", () => {
  expect(onHost("systemctl show -P User nanoclaw.service")).toBe("nanoclaw");
  expect(onHost("systemctl is-active nanoclaw.service")).toBe("active");
  expect(onHost(`cat ${slice}/memory.max`)).toBe(String(2 * 1024 ** 3));
  expect(onHost(`cat ${slice}/cpu.max`)).toBe("200000 100000");
});

test("a message in the headless channel is answered by a real agent", async () => {
  onHost(`install -o nanoclaw -g nanoclaw -m 600 /dev/stdin /var/lib/nanoclaw/data/headless/inbox/e2e.json <<<'{"group":"main","text":"Reply with exactly one word: headless-e2e-ok"}'`);
  let reply = "";
  for (let attempt = 0; attempt < 60 && reply === ""; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    reply = onHost("cat /var/lib/nanoclaw/data/headless/outbox/* 2>/dev/null || true");
  }
  expect(reply).toContain("headless-e2e-ok");
});

test("a second make up changes nothing, over one connection", async () => {
  const before = connections();
  const ran = await checkout.make("up");
  const spent = connections() - before;
  expect(ran.code, ran.output.slice(-4000)).toBe(0);
  expect(changes(ran.output)).toEqual({});
  // One is the probe's, one is this test's own count.
  expect(spent).toBeLessThanOrEqual(2);
  const refreshed = await checkout.pulumi("refresh", "--stack", "dev", "--yes", "--skip-preview", "--non-interactive", "--color", "never");
  expect(refreshed.code, refreshed.output).toBe(0);
  expect(changes(refreshed.output)).toEqual({});
});

test("what somebody changed on the host is named by preview and repaired by up", async () => {
  onHost("echo MemoryMax=infinity >> /etc/systemd/user/nanoclaw-agents.slice; rm /opt/nanoclaw/bin/docker");
  const preview = await checkout.pulumi("preview", "--stack", "dev", "--non-interactive", "--color", "never");
  expect(preview.output).toMatch(/step podman has drifted: .*nanoclaw-agents\.slice/);
  expect(preview.output).toMatch(/step guard has drifted: .*\/opt\/nanoclaw\/bin\/docker/);
  const repaired = await up();
  expect(repaired.code, repaired.output.slice(-4000)).toBe(0);
  expect(resourcesOf(repaired.output, "updated")).toEqual(expect.arrayContaining(["local-podman", "local-guard", "local-smoke"]));
  expect(onHost("grep -c infinity /etc/systemd/user/nanoclaw-agents.slice || true")).toBe("0");
  const again = await up();
  expect(changes(again.output)).toEqual({});
});

test("another N changes caps in place, and loses no state", async () => {
  onHost("echo precious > /var/lib/nanoclaw/groups/main/keep.txt");
  checkout.write(config, checkout.read(config).replace("containers: 1", "containers: 2"));
  const ran = await up();
  expect(ran.code, ran.output.slice(-4000)).toBe(0);
  expect(resourcesOf(ran.output, "replaced")).toEqual([]);
  expect(onHost(`cat ${slice}/memory.max`)).toBe(String(4 * 1024 ** 3));
  expect(onHost("grep -o '^MAX_CONCURRENT_CONTAINERS=.*' /etc/nanoclaw/nanoclaw.env")).toMatch(/="?2"?$/);
  expect(onHost("cat /var/lib/nanoclaw/groups/main/keep.txt")).toBe("precious");
});

test("an up that is killed in the middle of a step converges on the next run, and what ran goes on running", async () => {
  checkout.write(config, checkout.read(config).replace("containers: 2", "containers: 1"));
  const killed = checkout.startPulumi("up", "--stack", "dev", "--yes", "--skip-preview", "--non-interactive", "--color", "never");
  await killed.says(/\[podman\]/);
  killed.kill();
  await killed.ended;
  expect(onHost("systemctl is-active user@$(id -u nanoclaw).service")).toBe("active");
  await checkout.pulumi("cancel", "--stack", "dev", "--yes");
  const ran = await up();
  expect(ran.code, ran.output.slice(-4000)).toBe(0);
  expect(onHost(`cat ${slice}/memory.max`)).toBe(String(2 * 1024 ** 3));
});

const image = (): string => onHost("cd /; runuser -u nanoclaw -- env HOME=/home/nanoclaw XDG_RUNTIME_DIR=/run/user/$(id -u nanoclaw) podman image inspect -f '{{.Id}}' nanoclaw-agent:latest");

/** Another release: the same project with this as the end of its Dockerfile. */
function changeDockerfile(end: string): void {
  const archive = /archive: (\S*fixture\S*)/.exec(checkout.read(config))![1]!;
  const script = 'cd "$(mktemp -d)" && tar -xzf "$1" && sed -i "/^# e2e/,\\$d" nanoclaw/container/Dockerfile && printf "# e2e\\n%s\\n" "$2" >> nanoclaw/container/Dockerfile && tar --sort=name --mtime=@0 -czf "$1" nanoclaw';
  execFileSync("bash", ["-c", script, "-", archive, end]);
}

test("a Dockerfile that fails is shown with its last lines, and what ran goes on running", async () => {
  const before = image();
  changeDockerfile("RUN echo e2e-broken-build >&2; exit 7");
  const failed = await up();
  expect(failed.code).not.toBe(0);
  expect(failed.output).toContain("e2e-broken-build");
  expect(failed.output).toMatch(/error: .*wanted .*; got .*Remedy: /);
  expect(image()).toBe(before);
  expect(onHost("systemctl is-active nanoclaw.service")).toBe("active");
});

test("an image build that is killed leaves the old image in use, and the next up builds the new one", async () => {
  const before = image();
  changeDockerfile("LABEL e2e=changed");
  const killed = checkout.startPulumi("up", "--stack", "dev", "--yes", "--skip-preview", "--non-interactive", "--color", "never");
  await killed.says(/\[agentImage\] .*build/i);
  killed.kill();
  await killed.ended;
  expect(image()).toBe(before);
  await checkout.pulumi("cancel", "--stack", "dev", "--yes");
  const ran = await up();
  expect(ran.code, ran.output.slice(-4000)).toBe(0);
  expect(image()).not.toBe(before);
});

test("the VM comes back with its state after the operator has rebooted", async () => {
  const pid = Number(checkout.read(".state/dev/vms/local/qemu.pid").trim());
  process.kill(pid, "SIGKILL");
  const ran = await checkout.make("up");
  expect(ran.code, ran.output.slice(-4000)).toBe(0);
  expect(onHost("cat /var/lib/nanoclaw/groups/main/keep.txt")).toBe("precious");
  expect(existsSync(join(checkout.directory, ".state/dev/vms/local"))).toBe(true);
});

/** What `pulumi stack init` and `config set --secret` wrote for the office stack: salt and credential. */
let officeSecrets = { salt: "", key: "" };

/** The VM once more, as a stack sees bare metal: an address, a user, keys. */
function writeOffice(machine: Record<string, unknown> = {}): void {
  const vm = JSON.parse(checkout.read(".state/dev/vms/local/vm.json")) as { hostKey: string; user: string; sshPort: number };
  const dev = checkout.read(config);
  const hosts = {
    office: {
      machine: { kind: "ssh", address: "127.0.0.1", port: vm.sshPort, user: vm.user, hostKey: vm.hostKey, privateKeyFile: ".state/dev/vms/local/id_ed25519", ...machine },
      containers: 1,
      browser: false,
      cpuOvercommit: 2,
      nanoclaw: { archive: /archive: (\S*fixture\S*)/.exec(dev)![1], pairing: "none" },
    },
  };
  // What cannot be reached from here is the same as for the dev stack: its other keys are taken over.
  const shared = [...dev.matchAll(/^ {2}podman-nanoclaw-runtime:(?:sources|standIns|trustedCaCertificates):.*\n(?: {4}.*\n)*/gm)].map(([text]) => text).join("");
  // YAML takes JSON.
  checkout.write("stacks/Pulumi.office.yaml", `${officeSecrets.salt}config:\n  podman-nanoclaw-runtime:hosts: ${JSON.stringify(hosts)}\n${shared}${officeSecrets.key}`);
}

async function initOffice(): Promise<void> {
  writeOffice();
  const made = await checkout.pulumi("stack", "init", "office");
  expect(made.code, made.output).toBe(0);
  const set = await checkout.run("toolchain/run.sh", ["pulumi", "config", "set", "--stack", "office", "--secret", "anthropicApiKey"], "sk-standin-office");
  expect(set.code, set.output).toBe(0);
  const written = checkout.read("stacks/Pulumi.office.yaml");
  officeSecrets = { salt: /^encryptionsalt:.*\n/m.exec(written)![0], key: / {2}podman-nanoclaw-runtime:anthropicApiKey:\n.*\n/.exec(written)![0] };
}

async function officePreview(machine: Record<string, unknown>): Promise<string> {
  writeOffice(machine);
  return (await checkout.pulumi("preview", "--stack", "office", "--non-interactive", "--color", "never")).output;
}

test("a machine that refuses the key, shows another host key or does not answer is named with its remedy", async () => {
  await initOffice();
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(checkout.directory, ".state/other-key")]);
  const otherKey = checkout.read(".state/other-key.pub").split(" ").slice(0, 2).join(" ");

  expect(await officePreview({ privateKeyFile: ".state/other-key" })).toMatch(/hosts\.office\.machine.*[Pp]ermission denied[\s\S]*authorized_keys/);
  expect(await officePreview({ hostKey: otherKey })).toMatch(/hosts\.office\.machine[\s\S]*host key[\s\S]*installed anew/i);
  expect(await officePreview({ port: await freePort() })).toMatch(/hosts\.office\.machine[\s\S]*refused[\s\S]*sshd runs/i);

  const refused = await checkout.pulumi("up", "--stack", "office", "--yes", "--skip-preview", "--non-interactive", "--color", "never");
  expect(refused.code).not.toBe(0);
  expect(onHost("systemctl is-active nanoclaw.service")).toBe("active");
});

test("a bare-metal host is provisioned by pulumi up alone, and destroy leaves its state and nothing else of ours", async () => {
  writeOffice();
  const ran = await checkout.pulumi("up", "--stack", "office", "--yes", "--skip-preview", "--non-interactive", "--color", "never");
  expect(ran.code, ran.output.slice(-4000)).toBe(0);
  const destroyed = await checkout.pulumi("destroy", "--stack", "office", "--yes", "--skip-preview", "--non-interactive", "--color", "never");
  expect(destroyed.code, destroyed.output.slice(-4000)).toBe(0);
  expect(onHost("cat /var/lib/nanoclaw/groups/main/keep.txt")).toBe("precious");
  expect(onHost("systemctl list-units --all --plain --no-legend 'nanoclaw*' | grep -v '\\.mount' || true")).toBe("");
  expect(onHost("pgrep -u nanoclaw -a || true")).toBe("");
  expect(onHost("ls /opt/nanoclaw /etc/nanoclaw 2>/dev/null || true")).toBe("");
});
