import { afterAll, beforeAll, expect, test } from "vitest";
import { BareMetal } from "../e2e/lib/bareMetal.ts";

/** Machines that cannot be hosts, as a real machine shows itself to `pulumi preview`; nothing is done to any of them. */
let office: BareMetal;

beforeAll(async () => {
  office = await BareMetal.boot({ cpus: 2, memoryMiB: 5120, systemDiskGiB: 40 });
  const users = [
    "cp /etc/os-release /etc/os-release.real",
    "for name in plain asked; do useradd -m -s /bin/bash $name; install -d -m 700 -o $name /home/$name/.ssh; install -m 600 -o $name ~provision/.ssh/authorized_keys /home/$name/.ssh/; done",
    "echo 'asked ALL=(ALL) ALL' > /etc/sudoers.d/asked; chmod 440 /etc/sudoers.d/asked",
    "chpasswd",
  ];
  await office.vm.must(`sudo bash -ec '${users.join("\n").replaceAll("'", `'\\''`)}'`, { input: "asked:sudo-password-of-the-test\n" });
});

afterAll(() => office?.remove());

/** What the preview of a stack says that must not be accepted. */
async function refusal(machine: Record<string, unknown> = {}, host: Record<string, unknown> = {}): Promise<string> {
  office.configure(machine, host);
  const { code, output } = await office.preview();
  expect(code, output).not.toBe(0);
  return output;
}

test.each([
  ["Ubuntu 22.04", "ID=ubuntu\nVERSION_ID=22.04\nPRETTY_NAME='Ubuntu 22.04.5 LTS'"],
  ["Fedora", "ID=fedora\nVERSION_ID=41\nPRETTY_NAME='Fedora Linux 41'"],
  ["Alpine", "ID=alpine\nVERSION_ID=3.20.1\nPRETTY_NAME='Alpine Linux v3.20'"],
])("a machine that says it runs %s is refused with the systems that are supported", async (name, release) => {
  await office.vm.must("sudo tee /etc/os-release", { input: `${release}\n` });
  const output = await refusal();
  await office.vm.must("sudo cp /etc/os-release.real /etc/os-release");
  expect(output).toMatch(new RegExp(`hosts\\.office\\.machine: wanted Ubuntu 24\\.04 or newer, Debian 12 or 13; got ${name}`));
  expect(output).toContain("Remedy: ");
});

test("a user without sudo is refused, and one whose sudo asks for a password is told where to put it", async () => {
  expect(await refusal({ user: "plain" })).toMatch(/hosts\.office\.machine\.user: wanted root, or a user with sudo/);
  expect(await refusal({ user: "asked" })).toContain("pulumi config set --secret --path sudoPasswords.office");
});

test("what a machine is too small for is refused with the most that fits", async () => {
  const output = await refusal({}, { containers: 40 });
  expect(output).toMatch(/hosts\.office\.containers: wanted 82 GiB of memory for containers: 40; got [\d.]+ GiB\. Remedy: set containers: 1/);
  expect(output).toMatch(/hosts\.office\.containers: wanted \d+ hardware threads of CPU/);
});

test("nothing was done to any of these machines", async () => {
  expect(await office.vm.must("ls -d /opt/nanoclaw /var/lib/nanoclaw* /etc/nanoclaw ~/.nanoclaw* 2>/dev/null || true")).toBe("");
});

test("with its sudo password a user can run the steps, and the password stays out of the state, of logs and of the host's files", async () => {
  office.configure({ user: "asked" });
  const set = await office.checkout.run(
    "toolchain/run.sh",
    ["pulumi", "config", "set", "--stack", "office", "--secret", "--path", "podman-nanoclaw-runtime:sudoPasswords.office"],
    "sudo-password-of-the-test",
  );
  expect(set.code, set.output).toBe(0);
  const ran = await office.up("--target", "**NanoclawHost::office", "--target", "**office-bundle", "--target", "**office-preflight");
  expect(ran.code, ran.output).toBe(0);
  const state = office.checkout.read(".state/pulumi/.pulumi/stacks/podman-nanoclaw-runtime/office.json");
  expect(state + ran.output).not.toContain("sudo-password-of-the-test");
  // On stdin, for sudo writes command lines to the journal.
  const found = await office.vm.must("sudo grep -rlF -f - /opt /var /run /home /etc /tmp 2>/dev/null || true", { input: "sudo-password-of-the-test\n" });
  expect(found).toBe("");
});

test("a wrong passphrase is named, and nothing is touched", async () => {
  office.checkout.write(".state/passphrase", "another passphrase");
  const { code, output } = await office.preview();
  expect(code).not.toBe(0);
  expect(output).toMatch(/incorrect passphrase/);
});
