import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { officeStack } from "../e2e/lib/bareMetal.ts";
import { DevHost } from "../e2e/lib/devHost.ts";
import { freePort } from "../e2e/lib/freePort.ts";
import { complaints, resourcesOf } from "../e2e/lib/pulumiOutput.ts";

/** What happens to a host after its first day: another N, killed and failing runs, a reboot; and the same machine as bare metal. */
let dev: DevHost;

beforeAll(async () => {
  dev = await DevHost.provisioned();
});

afterAll(() => dev?.remove());

test("another N changes caps in place, and loses no state", async () => {
  dev.onHost("echo precious > /var/lib/nanoclaw/groups/main/keep.txt");
  dev.configure("containers: 1", "containers: 2");
  const ran = await dev.up();
  expect(ran.code, complaints(ran.output)).toBe(0);
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
  expect(ran.code, complaints(ran.output)).toBe(0);
  expect(dev.onHost(`cat ${dev.slice}/memory.max`)).toBe(String(2 * 1024 ** 3));
});

test("a NanoClaw that is not paired waits and says so first, answers headless all the same, and starts by itself once it is paired", async () => {
  await dev.reconfigured(() => dev.configure("pairing: none", "pairing: whatsapp"), async () => {
    const ran = await dev.up();
    expect(ran.code, complaints(ran.output)).toBe(0);
    expect(dev.onHost("systemctl is-active nanoclaw.service || true")).toBe("inactive");
    expect((await dev.checkout.make("status")).output).toMatch(/make pair/);
    expect((await dev.checkout.make("chat", "MESSAGE=Reply with exactly one word: unpaired-ok")).output).toContain("unpaired-ok");
    dev.onHost('runuser -u nanoclaw -- sh -c \'mkdir -p "$(dirname "$1")" && touch "$1"\' - "$(systemctl show -P Paths nanoclaw-paired.path | cut -d" " -f1)"');
    await dev.eventually("systemctl is-active nanoclaw.service || true", /^active$/);
    expect(dev.onHost("systemctl show -P NRestarts nanoclaw.service")).toBe("0");
  });
  expect((await dev.up()).code).toBe(0);
});

/** One `up` that must fail with an error of ours, and leave running what ran; returns what it said. */
async function failingUp(): Promise<string> {
  const failed = await dev.up();
  expect(failed.code, complaints(failed.output)).not.toBe(0);
  expect(failed.output).toMatch(/error: .*wanted .*; got .*Remedy: /);
  expect(dev.onHost("systemctl is-active nanoclaw.service")).toBe("active");
  return failed.output;
}

test("a Dockerfile that fails is shown with its last lines, and what ran goes on running", async () => {
  const inUse = (): string => `${dev.image()} ${dev.onHost("readlink /opt/nanoclaw/current")}`;
  const before = inUse();
  dev.changeDockerfile("RUN echo e2e-broken-build >&2; exit 7");
  expect(await failingUp()).toContain("e2e-broken-build");
  expect(inUse()).toBe(before);
});

test("a registry that is down is named, and what ran goes on running", async () => {
  const before = dev.image();
  dev.changeDockerfile("LABEL e2e=registry-down");
  await dev.reconfigured(() => dev.setSource("npmRegistry", "http://127.0.0.1:9/"), async () => {
    expect(await failingUp()).toContain("ECONNREFUSED");
  });
  expect(dev.image()).toBe(before);
});

test("a repository that is not there and a commit that it does not have are named, and what ran goes on running", async () => {
  const archive = /^ +archive: \S*fixture.*$/m.exec(dev.checkout.read(dev.config))![0];
  const indent = /^ +/.exec(archive)![0];
  const commit = "0123456789012345678901234567890123456789";
  await dev.reconfigured(() => dev.configure(archive, `${indent}repository: file:///srv/e2e.git\n${indent}commit: "${commit}"`), async () => {
    expect(await failingUp()).toMatch(/nanoclaw\.repository: wanted a git repository/);
    dev.onHost("git init -q /srv/e2e.git; git -C /srv/e2e.git -c user.name=e2e -c user.email=e2e@localhost commit -q --allow-empty -m first; chown -R nanoclaw: /srv/e2e.git");
    expect(await failingUp()).toMatch(new RegExp(`nanoclaw\\.commit: wanted a commit of file:///srv/e2e.git; got ${commit}, which it does not have`));
  });
});

test("a disk that is nearly full is refused at preview, and one that fills up during the build is named", async () => {
  const image = dev.image();
  dev.onHost("fallocate -l $(($(df --output=avail -B1 / | tail -n 1) - 1000000000)) /filler");
  const preview = await dev.preview();
  dev.onHost("rm /filler");
  expect(preview.output).toMatch(/hosts\.local\.containers: wanted 4 GiB of free disk for containers: 1; got 0\.\d GiB/);
  dev.changeDockerfile("USER root\nRUN fallocate -l 500G /too-much");
  expect(await failingUp()).toMatch(/disk: wanted room for NanoClaw's image/);
  expect(dev.image()).toBe(image);
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
  expect(ran.code, complaints(ran.output)).toBe(0);
  expect(dev.image()).not.toBe(before);
});

test("the VM comes back with its state after the operator has rebooted", async () => {
  const pid = Number(dev.checkout.read(".state/dev/vms/local/qemu.pid").trim());
  process.kill(pid, "SIGKILL");
  const ran = await dev.checkout.make("up");
  expect(ran.code, complaints(ran.output)).toBe(0);
  expect(dev.onHost("cat /var/lib/nanoclaw/groups/main/keep.txt")).toBe("precious");
});

/** What `pulumi stack init` and `config set --secret` wrote for the office stack: salt and credential. */
let officeSecrets = { salt: "", key: "" };

/** The VM once more, as a stack sees bare metal: an address, a user, keys. */
function writeOffice(machine: Record<string, unknown> = {}): void {
  const { hostKey, user, sshPort: port } = JSON.parse(dev.checkout.read(".state/dev/vms/local/vm.json")) as { hostKey: string; user: string; sshPort: number };
  const text = officeStack(dev.checkout.read(dev.config), { port, user, hostKey, privateKeyFile: ".state/dev/vms/local/id_ed25519", ...machine });
  dev.checkout.write("stacks/Pulumi.office.yaml", `${officeSecrets.salt}${text}${officeSecrets.key}`);
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
  expect(ran.code, complaints(ran.output)).toBe(0);
  const destroyed = await dev.checkout.pulumi("destroy", "--stack", "office", "--yes", "--skip-preview", "--non-interactive", "--color", "never");
  expect(destroyed.code, complaints(destroyed.output)).toBe(0);
  expect(dev.onHost("cat /var/lib/nanoclaw/groups/main/keep.txt")).toBe("precious");
  expect(dev.onHost("systemctl list-units --all --plain --no-legend 'nanoclaw*' | grep -v '\\.mount' || true")).toBe("");
  expect(dev.onHost("pgrep -u nanoclaw -a || true")).toBe("");
  expect(dev.onHost("ls /opt/nanoclaw /etc/nanoclaw 2>/dev/null || true")).toBe("");
});
