import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runDockerCalls, unexpected } from "../docs/dockerCalls.ts";
import { failedChecks } from "../docs/hostChecks.ts";
import { FleetStatus } from "../../contract/status.ts";
import { DevHost } from "./lib/devHost.ts";
import { changes, complaints, resourcesOf } from "./lib/pulumiOutput.ts";

/**
 * The main job on a real host: from an empty directory to green, again, and repaired when somebody changed it. One VM
 * serves all of it, because each test leaves a green host behind. test/long/dayTwo.test.ts goes on from there.
 */
let dev: DevHost;

beforeAll(async () => {
  dev = await DevHost.prepare();
});

afterAll(() => dev?.remove());

test("make up takes an empty directory to a green smoke test on a real host", async () => {
  const ran = await dev.checkout.make("up");
  expect(ran.code, complaints(ran.output)).toBe(0);
  expect(ran.output).toMatch(/green after \d+:\d\d/);
  const next = ran.output.split(/green after \d+:\d\d/)[1];
  for (const command of ["status", 'chat MESSAGE="hello"', "shell", "logs", "down"]) expect(next).toContain(`  make ${command} `);
  console.log(ran.output.split("\n").filter((line) => /: (done in|green after)|green after|^\[.*\] (ok|FAILED)|proofs/.test(line)).join("\n"));
  console.log(`SSH connections of the first up: ${dev.connections() - 1}`);
  expect(statSync(join(dev.checkout.directory, ".state/passphrase")).mode & 0o077).toBe(0);
});

test("the state of the stack holds no secret in plain text", () => {
  const state = dev.checkout.read(".state/pulumi/.pulumi/stacks/podman-nanoclaw-runtime/dev.json");
  expect(state).not.toMatch(/PRIVATE KEY/);
  expect(state).not.toMatch(/sk-standin-/);
});

test("the service runs as its own user, and what the agent's containers get is what the kernel enforces", () => {
  expect(dev.onHost("systemctl show -P User nanoclaw.service")).toBe("nanoclaw");
  expect(dev.onHost("systemctl is-active nanoclaw.service")).toBe("active");
  expect(dev.onHost(`cat ${dev.slice}/memory.max`)).toBe(String(2 * 1024 ** 3));
  expect(dev.onHost(`cat ${dev.slice}/cpu.max`)).toBe("200000 100000");
});

test("what the machine was booted with is valid by cloud-init's own schema, which knows no key that does not exist", () => {
  expect(dev.onHost("cloud-init schema --system 2>&1")).toMatch(/Valid/);
  expect(dev.onHost("printf '#cloud-config\\nuserz: []\\n' > /tmp/userz; cloud-init schema --config-file /tmp/userz 2>&1 || true; rm /tmp/userz")).toMatch(/userz/);
});

test("tools that want Docker's API find podman's socket in the service user's login shell", () => {
  expect(dev.onHost(`runuser -l nanoclaw -c 'curl -sS --max-time 60 --unix-socket "\${DOCKER_HOST#unix://}" http://podman/_ping'`)).toBe("OK");
});

test("a message in the headless channel is answered by a real agent", async () => {
  dev.onHost(`install -o nanoclaw -g nanoclaw -m 600 /dev/stdin /var/lib/nanoclaw/data/headless/inbox/e2e.json <<<'{"group":"main","text":"Reply with exactly one word: headless-e2e-ok"}'`);
  await dev.eventually("cat /var/lib/nanoclaw/data/headless/outbox/* 2>/dev/null || true", /headless-e2e-ok/);
});

test("README's commands answer on the dev host: make chat, status and doctor, the console's log and the proofs", async () => {
  const said = await dev.checkout.make("chat", "MESSAGE=Reply with one word: hello");
  expect(said.code, said.output).toBe(0);
  expect(said.output).toContain("hello");
  const status = await dev.checkout.make("status");
  expect(status.code, status.output).toBe(0);
  expect(status.output).toContain("well");
  const doctor = await dev.checkout.make("doctor");
  expect(doctor.code, doctor.output).toBe(0);
  const shell = await dev.checkout.make("shell");
  expect(shell.code, shell.output).toBe(0);
  expect((await dev.checkout.run("tail", ["-n", "40", ".state/dev/vms/local/console.log"])).code).toBe(0);
  expect((await dev.checkout.pulumi("stack", "output", "proofs")).output).toContain("podman-rootless");
});

test("make status as data knows the host's caps and its smoke test; make logs ends when told to; make pair refuses where nothing pairs", async () => {
  const json = await dev.checkout.make("-s", "status", "ARGS=--json");
  const fleet = FleetStatus.parse(JSON.parse(json.output));
  expect(fleet).toMatchObject({ ok: true, stack: "dev", hosts: [{ name: "local", seen: { containers: { cap: 1 }, drift: [], unfinished: [], smoke: { ok: true } } }] });
  expect(fleet.hosts[0]!.seen!.agents!.memoryBytes.cap).toBe(2 * 1024 ** 3);
  const logs = await dev.checkout.make("logs", "FOLLOW=no", "TAIL=5");
  expect(logs.code, logs.output).toBe(0);
  expect((await dev.checkout.make("pair")).output).toMatch(/error: pairing: wanted a NanoClaw that pairs/);
  expect((await dev.checkout.make("register", "JID=14155551234@s.whatsapp.net")).output).toMatch(/error: setup: .*has no setup step register/);
});

test("every check that the documents name for a host does what it is for on one, for its login user", () => {
  expect(failedChecks((command, input) => dev.onHost(command, input))).toEqual([]);
});

test("each docker call that docs/ARCHITECTURE.md lists is answered on a host as it says", () => {
  expect(unexpected(runDockerCalls((command, input) => dev.onHost(command, input)))).toEqual([]);
});

test("a second make up changes nothing, over one connection", async () => {
  const before = dev.connections();
  const ran = await dev.checkout.make("up");
  const spent = dev.connections() - before;
  expect(ran.code, complaints(ran.output)).toBe(0);
  expect(changes(ran.output)).toEqual({});
  // One is the probe's, one is this test's own count.
  expect(spent).toBeLessThanOrEqual(2);
  const refreshed = await dev.checkout.pulumi("refresh", "--stack", "dev", "--yes", "--skip-preview", "--non-interactive", "--color", "never");
  expect(refreshed.code, refreshed.output).toBe(0);
  expect(changes(refreshed.output)).toEqual({});
});

test("what somebody changed on the host is named by preview and repaired by up", async () => {
  dev.onHost("echo MemoryMax=infinity >> /etc/systemd/user/nanoclaw-agents.slice; rm /opt/nanoclaw/bin/docker");
  const preview = await dev.preview();
  expect(preview.output).toMatch(/step podman has drifted: .*nanoclaw-agents\.slice/);
  expect(preview.output).toMatch(/step guard has drifted: .*\/opt\/nanoclaw\/bin\/docker/);
  const repaired = await dev.up();
  expect(repaired.code, complaints(repaired.output)).toBe(0);
  expect(resourcesOf(repaired.output, "updated")).toEqual(expect.arrayContaining(["local-podman", "local-guard", "local-smoke"]));
  expect(dev.onHost("grep -c infinity /etc/systemd/user/nanoclaw-agents.slice || true")).toBe("0");
  const again = await dev.up();
  expect(changes(again.output)).toEqual({});
});
