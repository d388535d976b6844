import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DevHost } from "../e2e/lib/devHost.ts";
import { freePort } from "../e2e/lib/freePort.ts";
import { resourcesOf } from "../e2e/lib/pulumiOutput.ts";

/** What happens to a host after its first day: another N, killed and failing runs, a reboot; and the same machine as bare metal. */
let dev: DevHost;

beforeAll(async () => {
  dev = await DevHost.prepare();
  const ran = await dev.checkout.make("up");
  expect(ran.code, ran.output.slice(-8000)).toBe(0);
});

afterAll(() => dev?.remove());

test("another N changes caps in place, and loses no state", async () => {
  dev.onHost("echo precious > /var/lib/nanoclaw/groups/main/keep.txt");
  dev.configure("containers: 1", "containers: 2");
  const ran = await dev.up();
  expect(ran.code, ran.output.slice(-4000)).toBe(0);
  expect(resourcesOf(ran.output, "replaced")).toEqual([]);
  expect(dev.onHost(`cat ${dev.slice}/memory.max`)).toBe(String(4 * 1024 ** 3));
  expect(dev.onHost("grep -o '^MAX_CONCURRENT_CONTAINERS=.*' /etc/nanoclaw/nanoclaw.env")).toMatch(/="?2"?$/);
  expect(dev.onHost("cat /var/lib/nanoclaw/groups/main/keep.txt")).toBe("precious");
});

test("an up that is killed in the middle of a step converges on the next run, and what ran goes on running", async () => {
  dev.configure("containers: 2", "containers: 1");
  const killed = dev.startUp();
  await killed.says(/\[podman\]/);
  killed.kill();
  await killed.ended;
  expect(dev.onHost("systemctl is-active user@$(id -u nanoclaw).service")).toBe("active");
  await dev.unlock();
  const ran = await dev.up();
  expect(ran.code, ran.output.slice(-4000)).toBe(0);
  expect(dev.onHost(`cat ${dev.slice}/memory.max`)).toBe(String(2 * 1024 ** 3));
});

test("a Dockerfile that fails is shown with its last lines, and what ran goes on running", async () => {
  const before = dev.image();
  dev.changeDockerfile("RUN echo e2e-broken-build >&2; exit 7");
  const failed = await dev.up();
  expect(failed.code).not.toBe(0);
  expect(failed.output).toContain("e2e-broken-build");
  expect(failed.output).toMatch(/error: .*wanted .*; got .*Remedy: /);
  expect(dev.image()).toBe(before);
  expect(dev.onHost("systemctl is-active nanoclaw.service")).toBe("active");
});

test("an image build that is killed leaves the old image in use, and the next up builds the new one", async () => {
  const before = dev.image();
  dev.changeDockerfile("LABEL e2e=changed");
  const killed = dev.startUp();
  await killed.says(/\[agentImage\] .*build/i);
  killed.kill();
  await killed.ended;
  expect(dev.image()).toBe(before);
  await dev.unlock();
  const ran = await dev.up();
  expect(ran.code, ran.output.slice(-4000)).toBe(0);
  expect(dev.image()).not.toBe(before);
});

test("the VM comes back with its state after the operator has rebooted", async () => {
  const pid = Number(dev.checkout.read(".state/dev/vms/local/qemu.pid").trim());
  process.kill(pid, "SIGKILL");
  const ran = await dev.checkout.make("up");
  expect(ran.code, ran.output.slice(-4000)).toBe(0);
  expect(dev.onHost("cat /var/lib/nanoclaw/groups/main/keep.txt")).toBe("precious");
});

/** What `pulumi stack init` and `config set --secret` wrote for the office stack: salt and credential. */
let officeSecrets = { salt: "", key: "" };

/** The VM once more, as a stack sees bare metal: an address, a user, keys. */
function writeOffice(machine: Record<string, unknown> = {}): void {
  const vm = JSON.parse(dev.checkout.read(".state/dev/vms/local/vm.json")) as { hostKey: string; user: string; sshPort: number };
  const text = dev.checkout.read(dev.config);
  const hosts = {
    office: {
      machine: { kind: "ssh", address: "127.0.0.1", port: vm.sshPort, user: vm.user, hostKey: vm.hostKey, privateKeyFile: ".state/dev/vms/local/id_ed25519", ...machine },
      containers: 1,
      browser: false,
      cpuOvercommit: 2,
      nanoclaw: { archive: dev.fixtureArchive(), pairing: "none" },
    },
  };
  // What cannot be reached from here is the same as for the dev stack: its other keys are taken over.
  const shared = [...text.matchAll(/^ {2}podman-nanoclaw-runtime:(?:sources|standIns|trustedCaCertificates):.*\n(?: {4}.*\n)*/gm)].map(([text]) => text).join("");
  // YAML takes JSON.
  dev.checkout.write("stacks/Pulumi.office.yaml", `${officeSecrets.salt}config:\n  podman-nanoclaw-runtime:hosts: ${JSON.stringify(hosts)}\n${shared}${officeSecrets.key}`);
}

async function initOffice(): Promise<void> {
  writeOffice();
  const made = await dev.checkout.pulumi("stack", "init", "office");
  expect(made.code, made.output).toBe(0);
  const set = await dev.checkout.run("toolchain/run.sh", ["pulumi", "config", "set", "--stack", "office", "--secret", "anthropicApiKey"], "sk-standin-office");
  expect(set.code, set.output).toBe(0);
  const written = dev.checkout.read("stacks/Pulumi.office.yaml");
  officeSecrets = { salt: /^encryptionsalt:.*\n/m.exec(written)![0], key: / {2}podman-nanoclaw-runtime:anthropicApiKey:\n.*\n/.exec(written)![0] };
}

async function officePreview(machine: Record<string, unknown>): Promise<string> {
  writeOffice(machine);
  return (await dev.preview("office")).output;
}

test("a machine that refuses the key, shows another host key or does not answer is named with its remedy", async () => {
  await initOffice();
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(dev.checkout.directory, ".state/other-key")]);
  const otherKey = dev.checkout.read(".state/other-key.pub").split(" ").slice(0, 2).join(" ");

  expect(await officePreview({ privateKeyFile: ".state/other-key" })).toMatch(/hosts\.office\.machine.*[Pp]ermission denied[\s\S]*authorized_keys/);
  expect(await officePreview({ hostKey: otherKey })).toMatch(/hosts\.office\.machine[\s\S]*host key[\s\S]*installed anew/i);
  expect(await officePreview({ port: await freePort() })).toMatch(/hosts\.office\.machine[\s\S]*refused[\s\S]*sshd runs/i);

  const refused = await dev.up("office");
  expect(refused.code).not.toBe(0);
  expect(dev.onHost("systemctl is-active nanoclaw.service")).toBe("active");
});

test("a bare-metal host is provisioned by pulumi up alone, and destroy leaves its state and nothing else of ours", async () => {
  writeOffice();
  const ran = await dev.up("office");
  expect(ran.code, ran.output.slice(-4000)).toBe(0);
  const destroyed = await dev.checkout.pulumi("destroy", "--stack", "office", "--yes", "--skip-preview", "--non-interactive", "--color", "never");
  expect(destroyed.code, destroyed.output.slice(-4000)).toBe(0);
  expect(dev.onHost("cat /var/lib/nanoclaw/groups/main/keep.txt")).toBe("precious");
  expect(dev.onHost("systemctl list-units --all --plain --no-legend 'nanoclaw*' | grep -v '\\.mount' || true")).toBe("");
  expect(dev.onHost("pgrep -u nanoclaw -a || true")).toBe("");
  expect(dev.onHost("ls /opt/nanoclaw /etc/nanoclaw 2>/dev/null || true")).toBe("");
});
