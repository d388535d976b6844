import { randomBytes } from "node:crypto";
import { execFileSync } from "node:child_process";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DevHost } from "../e2e/lib/devHost.ts";
import { complaints, resourcesOf } from "../e2e/lib/pulumiOutput.ts";
import { failingWithout, prepareWeakening } from "./lib/weaken.ts";
import { openDoors } from "./weaknesses.ts";

/**
 * Every secret of a stack is a value that is nowhere else: after provisioning, agents' runs, a failing run and a destroy,
 * it is searched for everywhere on the operator and on the host. The stack is one with doors, so that this is also
 * `pulumi up` in `allowlist` and a key's rotation through Pulumi.
 */
let dev: DevHost;

const canary = (kind: string): string => `${kind}-canary-${randomBytes(12).toString("hex")}`;
const secrets = { key: canary("sk"), secondKey: canary("sk"), git: canary("ghp"), token: canary("sk-ant-oat01") };
const list = "/run/e2e-canaries";
const allowed = ["/etc/nanoclaw/egress/secrets/api.conf", "/etc/nanoclaw/egress/secrets/git-git.example.org.conf"];

async function set(path: string, value: string): Promise<void> {
  const ran = await dev.checkout.run("toolchain/run.sh", ["pulumi", "config", "set", "--stack", "dev", "--secret", "--path", path], value);
  expect(ran.code, ran.output).toBe(0);
}

/** Files of the operator's checkout that hold a secret: its state, its logs, the VM's state disk; not the VM's system disk. */
function onOperator(): string[] {
  try {
    return execFileSync("grep", ["-rlaF", "--exclude=system.qcow2", "--exclude-dir=node_modules", "-f", "-", dev.checkout.directory], { input: Object.values(secrets).join("\n") }).toString().trim().split("\n");
  } catch (error) {
    // Exit code 1: nothing found.
    expect((error as { status?: number }).status).toBe(1);
    return [];
  }
}

/** Places on the host that hold a secret. The list of secrets is written there for the search, and taken away again. */
function onHost(): string[] {
  // Encoded as nginx sends git's token, too; no search has what it looks for on its command line.
  const wanted = [...Object.values(secrets), Buffer.from(`x-access-token:${secrets.git}`).toString("base64")];
  dev.onHost(`cat > ${list}`, `${wanted.join("\n")}\n`);
  const found = dev.onHost(`
    { grep -rlaF -D skip -f ${list} / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev 2>/dev/null | grep -vxF ${list}
      grep -qaF -f ${list} /dev/shm -r && echo /dev/shm
      journalctl -q --no-pager -o json | grep -qaF -f ${list} && echo journal
      for process in /proc/[0-9]*; do for file in environ cmdline; do grep -qaF -f ${list} $process/$file 2>/dev/null && echo "$file of $(cat $process/comm)"; done; done
    } || true
    rm ${list}`);
  return found === "" ? [] : found.split("\n").sort();
}

const restarts = (): string => dev.onHost("systemctl show -P MainPID nanoclaw.service; systemctl show -P MainPID nanoclaw-gateway.service");

/** A server that may be listed, in a network of the host's own; and the stack trusts who signed its certificate. */
function makeWorld(): void {
  for (const file of ["world.sh", "server.mts"]) dev.onHost(`install -D -m 755 /dev/stdin /opt/world/${file}`, readFileSync(join(import.meta.dirname, "egress", file), "utf8"));
  dev.onHost("ln -sf /opt/nanoclaw/node/current/bin/node /opt/world/node && bash /opt/world/world.sh up /opt/world");
  const trusted = /trustedCaCertificates: (\S+)/.exec(dev.checkout.read(dev.config))?.[1];
  const certificate = `${dev.onHost("cat /opt/world/trusted.crt")}\n`;
  if (trusted !== undefined) return appendFileSync(trusted, certificate);
  dev.checkout.write(".state/dev/trusted-ca.pem", certificate);
  dev.checkout.write(dev.config, dev.checkout.read(dev.config).replace("config:\n", "config:\n  podman-nanoclaw-runtime:trustedCaCertificates: .state/dev/trusted-ca.pem\n"));
}

beforeAll(async () => {
  dev = await DevHost.provisioned();
  makeWorld();
  const egress = "{ mode: allowlist, allow: [listed.world.test], git: [{ host: git.example.org, repositories: [owner/name], roles: [main] }] }";
  dev.configure("      containers: 1", `      egress: ${egress}\n      containers: 1`);
  await set("anthropicApiKey", secrets.key);
  await set('gitTokens["git.example.org"]', secrets.git);
});

afterAll(() => dev?.remove());

test("pulumi up takes a host to allowlist: its agents have no network, and answer through the door", async () => {
  const ran = await dev.up();
  expect(ran.code, complaints(ran.output)).toBe(0);
  expect(ran.output).not.toMatch(/canary/);
  const said = await dev.checkout.make("chat", "MESSAGE=Reply with one word: through-the-door");
  expect(said.output).toContain("through-the-door");
});

test("a container holds a placeholder, and podman knows of no secret", () => {
  const user = "runuser -u nanoclaw -- env -i HOME=/home/nanoclaw XDG_RUNTIME_DIR=/run/user/$(id -u nanoclaw) PATH=/opt/nanoclaw/bin:/opt/nanoclaw/node/current/bin:/usr/bin:/bin";
  const mounts = ["groups/main:/workspace/group", "data/sessions/main/.claude:/home/node/.claude", "data/ipc/main:/workspace/ipc"].map((mount) => `-v /var/lib/nanoclaw/${mount}`).join(" ");
  const run = `${user} docker run --rm --name nanoclaw-main-1 ${mounts} --entrypoint`;
  const seen = dev.onHost(`cd /; (${run} sleep nanoclaw-agent:latest 60 </dev/null >/dev/null 2>&1 &); for i in $(seq 60); do ${user} podman ps -q | grep -q . && break; sleep 1; done; ${user} podman ps -q | xargs -n 1 ${user} podman inspect; ${user} podman ps -q | xargs -n 1 ${user} podman kill; sleep 2; ${run} /usr/local/bin/nanoclaw-entry nanoclaw-agent:latest </dev/null 2>&1 | head -3; ${run} env nanoclaw-agent:latest </dev/null`);
  expect(seen).toContain("nanoclaw-main-1");
  expect(seen).not.toContain("canary");
});

test("the memory of an agent at work holds none either", async () => {
  dev.onHost("install -m 755 /dev/stdin /usr/local/bin/memory.py", readFileSync(join(import.meta.dirname, "egress", "memory.py"), "utf8"));
  // A word of the prompt's, to see that what is in memory would be found.
  const control = `control${randomBytes(6).toString("hex")}`;
  const agent = dev.checkout.make("chat", `MESSAGE=Reply with one word: ${control}`);
  let ended = false;
  void agent.then(() => (ended = true));
  const seen: string[] = [];
  while (!ended) {
    seen.push(dev.onHost("python3 /usr/local/bin/memory.py", [control, ...Object.values(secrets)].join("\n")));
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  expect((await agent).output).toContain(control);
  const found = new Set(seen.flatMap((line) => line.split(" ").slice(1)));
  expect([...found], seen.join("; ")).toEqual(["0"]);
});

test("after provisioning and agents' runs the secrets are in the files that docs/SECURITY.md names, and nowhere else", () => {
  expect(onOperator()).toEqual([]);
  expect(onHost()).toEqual(allowed);
});

test.each(openDoors)("without $what, exactly $fails fail", (weakness) => {
  prepareWeakening(dev);
  expect(failingWithout(dev, weakness)).toEqual([...weakness.fails].sort());
});

test("another key reaches nginx by a reload: nothing restarts", async () => {
  const before = restarts();
  await set("anthropicApiKey", secrets.secondKey);
  const ran = await dev.up();
  expect(ran.code, complaints(ran.output)).toBe(0);
  expect(resourcesOf(ran.output, "updated").sort()).toEqual(["local-egress", "local-smoke"]);
  expect(restarts()).toBe(before);
  expect(dev.onHost(`cat > ${list} && grep -cFf ${list} ${allowed[0]}; rm ${list}`, `${secrets.secondKey}\n`)).toBe("1");
});

test("a subscription's token takes the key's place, and is where the key was", async () => {
  expect((await dev.checkout.pulumi("config", "rm", "--stack", "dev", "anthropicApiKey")).code).toBe(0);
  await set("claudeCodeOauthToken", secrets.token);
  const ran = await dev.up();
  expect(ran.code, complaints(ran.output)).toBe(0);
  expect((await dev.checkout.make("chat", "MESSAGE=Reply with one word: by-token")).output).toContain("by-token");
  expect(onOperator()).toEqual([]);
  expect(onHost()).toEqual(allowed);
});

test("a run that fails tells no secret, nor does what a destroy leaves behind", async () => {
  dev.changeDockerfile("RUN exit 7");
  const failed = await dev.up();
  expect(failed.code).not.toBe(0);
  expect(onHost()).toEqual(allowed);
  const destroyed = await dev.checkout.pulumi("destroy", "--stack", "dev", "--yes", "--skip-preview", "--non-interactive", "--color", "never");
  expect(destroyed.code, complaints(destroyed.output)).toBe(0);
  expect(failed.output + destroyed.output).not.toMatch(/canary/);
  expect(onOperator()).toEqual([]);
});
