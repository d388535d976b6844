import { afterAll, beforeAll, expect, test } from "vitest";
import { DevHost } from "../e2e/lib/devHost.ts";
import { complaints } from "../e2e/lib/pulumiOutput.ts";

/**
 * The guard with a stack's own policy, on a real host: what a role may do with the real Claude Code, what comes back of a
 * workspace's copy, what an image build through it is. The model is the stand-in, which runs what "run bash:" asks for.
 */
let dev: DevHost;

const root = "/var/lib/nanoclaw";
const service = "runuser -u nanoclaw -- env -i HOME=/home/nanoclaw XDG_RUNTIME_DIR=/run/user/$(id -u nanoclaw) PATH=/opt/nanoclaw/bin:/opt/nanoclaw/node/current/bin:/usr/local/bin:/usr/bin:/bin";
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
let started = 1_700_000_000_000;

/** `docker`, as NanoClaw calls it. */
function docker(...argv: string[]): { code: number; output: string } {
  const said = dev.onHost(`cd /; ${service} docker ${argv.map(quoted).join(" ")} </dev/null 2>&1; echo "exit $?"`);
  const [, output = "", code] = /^([\s\S]*?)\n?exit (\d+)$/.exec(said)!;
  return { code: Number(code), output };
}

/** NanoClaw 1.1.6's mounts of a group, whose directories are made as NanoClaw makes them. */
function groupMounts(folder: string): string[] {
  const [group, session, ipc] = [`groups/${folder}`, `data/sessions/${folder}`, `data/ipc/${folder}`];
  dev.onHost(`cd /; ${service} mkdir -p ${[group, `${session}/.claude`, `${session}/agent-runner-src`, `${ipc}/input`].map((path) => `${root}/${path}`).join(" ")}`);
  const main = folder === "main" ? ["-v", `${root}:/workspace/project:ro`, "-v", "/dev/null:/workspace/project/.env:ro"] : [];
  return [...main, "-v", `${root}/${group}:/workspace/group`, "-v", `${root}/${session}/.claude:/home/node/.claude`, "-v", `${root}/${ipc}:/workspace/ipc`, "-v", `${root}/${session}/agent-runner-src:/app/src`];
}

const inContainer = (folder: string, command: string, ...more: string[]): { code: number; output: string } =>
  docker("run", "--rm", "--name", `nanoclaw-${folder}-${started++}`, ...groupMounts(folder), ...more, "--entrypoint", "/bin/bash", "nanoclaw-agent:latest", "-c", command);

/** What Claude Code says to a prompt, started as every NanoClaw starts it: with permission bypass. */
function claude(folder: string, prompt: string, ...more: string[]): string {
  const environment = ["-e", "ANTHROPIC_BASE_URL=http://192.0.2.1:8080", "-e", "ANTHROPIC_API_KEY=sk-standin", "-e", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1"];
  const flags = ["--permission-mode", "bypassPermissions", "--allow-dangerously-skip-permissions", "--output-format", "json"];
  return docker("run", "--rm", "--name", `nanoclaw-${folder}-${started++}`, ...environment, ...more, ...groupMounts(folder), "--entrypoint", "claude", "nanoclaw-agent:latest", "-p", prompt, ...flags).output;
}

/** One container is this host's cap: what still runs of the smoke test is in the way. */
function stopAll(): void {
  dev.onHost(`cd /; for name in $(${service} docker ps --format '{{.Names}}'); do ${service} docker stop -t 1 $name >/dev/null; done`);
}

beforeAll(async () => {
  dev = await DevHost.provisioned();
});

afterAll(() => dev?.remove());

test("a stack's roles, mounts and overrides are judged at preview, and reach the guard and NanoClaw", async () => {
  const roles = "{ trusted: { folders: [lane] }, stranger: { folders: [stranger], workspace: copy, permissions: { bypass: false } }, reader: { folders: [reader], permissions: { bypass: false, allow: [Read] } } }";
  const policy = `      policy: { agentSource: copy, roles: ${roles}, log: { maxBytes: 2097152 } }`;
  dev.configure("      containers: 1", `      additionalMounts: [{ path: / }]\n${policy}\n      containers: 1`);
  const refused = await dev.preview();
  expect(refused.code).not.toBe(0);
  expect(refused.output).toContain("hosts.local.additionalMounts[0].path");
  dev.onHost("install -d -o nanoclaw /srv/e2e && echo given > /srv/e2e/note");
  dev.configure("[{ path: / }]", "[{ path: /srv/e2e, roles: [main, stranger] }]");
  const ran = await dev.up();
  expect(ran.code, complaints(ran.output)).toBe(0);
  stopAll();
  expect(dev.onHost("jq -r '[.agentSource, .log.maxBytes, (.roles | map(.name) | join(\",\")), .extraMounts[0].path] | @tsv' /etc/nanoclaw/guard.json")).toBe("copy\t2097152\treader,stranger,main,trusted,untrusted\t/srv/e2e");
  expect(JSON.parse(dev.onHost(`cd /; ${service} cat /home/nanoclaw/.config/nanoclaw/mount-allowlist.json`))).toMatchObject({ allowedRoots: [{ path: "/srv/e2e", allowReadWrite: false }] });
});

test("an additional mount is there for the roles that have it, for reading, and a wish to write is told in the journal", () => {
  const { output } = inContainer("main", "cat /workspace/extra/e2e/note; touch /workspace/extra/e2e/x || echo read-only", "-v", "/srv/e2e:/workspace/extra/e2e");
  expect(output).toContain("given");
  expect(output).toContain("read-only");
  expect(dev.onHost("journalctl -t nanoclaw-guard -p notice -o cat -n 1")).toContain('"downgraded":["/workspace/extra/e2e"]');
  expect(inContainer("family", "true", "-v", "/srv/e2e:/workspace/extra/e2e:ro")).toMatchObject({ code: 125, output: expect.stringContaining("[rule mount-not-allowed;") });
});

test("a read-only mount with another file system below it is refused: podman would let that one be written", () => {
  dev.onHost("mkdir -p /srv/e2e/disk && mount -t tmpfs none /srv/e2e/disk");
  try {
    expect(inContainer("main", "true", "-v", "/srv/e2e:/workspace/extra/e2e:ro")).toMatchObject({ code: 125, output: expect.stringContaining("/srv/e2e/disk, which would be writable") });
  } finally {
    dev.onHost("umount /srv/e2e/disk && rmdir /srv/e2e/disk");
  }
});

test("main reads NanoClaw's code through the project's links, and no secret", () => {
  const { output } = inContainer("main", "grep -o '\"name\": \"nanoclaw\"' /workspace/project/package.json; wc -c < /workspace/project/.env; ls /workspace/project/config /workspace/project/data/sessions | grep -v : ; touch /workspace/project/x || echo read-only");
  expect(output.split("\n").map((line) => line.trim()).filter((line) => line !== "")).toEqual(['"name": "nanoclaw"', "0", expect.stringContaining("Read-only"), "read-only"]);
});

test("what an agent writes to its own source is gone with its container", () => {
  expect(inContainer("family", "echo evil > /app/src/evil.ts && ls /app/src").output).toContain("evil.ts");
  expect(dev.onHost(`ls ${root}/data/sessions/family/agent-runner-src`)).not.toContain("evil");
});

test("a role with a copied workspace brings back what it wrote, takes nothing away, and leads nowhere", () => {
  groupMounts("stranger");
  dev.onHost(`cd ${root}/groups/stranger && echo memory > CLAUDE.md && echo old > old && chown nanoclaw: CLAUDE.md old`);
  expect(inContainer("stranger", "cd /workspace/group && cat CLAUDE.md && echo new > new && echo changed > old && rm CLAUDE.md && ln -s /etc/passwd link")).toEqual({ code: 0, output: "memory" });
  expect(dev.onHost(`cd ${root}/groups/stranger && cat CLAUDE.md old new; ls -A; ls ${root}/data/guard-copies`)).toBe("memory\nchanged\nnew\nCLAUDE.md\nnew\nold");
  expect(dev.onHost("journalctl -t nanoclaw-guard -o cat -n 1")).toMatch(/"copiedBack":2,"notCopied":\["link: not a plain file"\]/);
});

test("a copy does not come back before its container is gone, even when podman's client is killed", () => {
  const mounts = groupMounts("stranger").map(quoted).join(" ");
  const run = `${service} docker run --rm --name nanoclaw-stranger-99 ${mounts} --entrypoint /bin/bash nanoclaw-agent:latest -c 'echo live > /workspace/group/live; sleep 600'`;
  const client = "pgrep -u nanoclaw -f '^podman run .*--name=nanoclaw-stranger-99'";
  const written = `ls ${root}/data/guard-copies/*/live`;
  dev.onHost(`cd /; (${run} </dev/null >/dev/null 2>&1 &); for i in $(seq 120); do ${written} >/dev/null 2>&1 && break; sleep 1; done; kill -9 $(${client}); for i in $(seq 120); do ls ${root}/groups/stranger/live >/dev/null 2>&1 && break; sleep 1; done`);
  expect(dev.onHost(`cat ${root}/groups/stranger/live; ls ${root}/data/guard-copies; cd /; ${service} podman ps -aq --filter name=nanoclaw-stranger-99`)).toBe("live");
});

test("Claude Code's deny rules hold under permission bypass, by role", () => {
  expect(claude("family", "run bash: echo ok-$((40+2))")).toContain("the tool said: ok-42");
  const denied = claude("family", "run bash: git push origin main");
  expect(denied).toMatch(/the tool failed: .*(denied|permission)/i);
  // A trusted lane may push: git itself answers.
  expect(claude("lane", "run bash: git push origin main")).not.toMatch(/denied|permission to use/i);
});

test("git tokens reach a trusted lane's container, and are empty for what Claude Code starts", () => {
  const tokens = ["-e", "GITHUB_TOKEN=ghp_e2ecanary", "-e", "GH_TOKEN=ghp_e2ecanary"];
  expect(inContainer("lane", "echo [$GITHUB_TOKEN]", ...tokens).output).toBe("[ghp_e2ecanary]");
  expect(claude("lane", 'run bash: echo "[$GITHUB_TOKEN$GH_TOKEN]"', ...tokens)).toContain("the tool said: []");
  expect(inContainer("family", "echo [$GITHUB_TOKEN]", ...tokens).output).toBe("[]");
  expect(dev.onHost("journalctl -t nanoclaw-guard -o cat -n 1")).toContain('"secretsDropped":2');
  expect(dev.onHost("journalctl -t nanoclaw-guard -o cat -S -1h | grep -c ghp_e2ecanary || true")).toBe("0");
});

test("a role without permission bypass does what its list allows, and its own settings allow no more", () => {
  expect(claude("stranger", "run bash: echo ok-$((40+2))")).toContain("ok-42");
  expect(inContainer("stranger", "cat /etc/claude-code/managed-settings.json").output).toContain('"disableBypassPermissionsMode":"disable"');
});

test("a role that may only read runs no command, whatever its own settings and NanoClaw's flags allow", () => {
  // No command that Claude Code takes for harmless by itself, such as echo.
  const prompt = "run bash: node -p 40+2";
  expect(claude("stranger", prompt)).toContain("the tool said: 42");
  groupMounts("reader");
  const settings = `${root}/data/sessions/reader/.claude/settings.json`;
  dev.onHost(`echo '{"permissions":{"defaultMode":"bypassPermissions","allow":["Bash","Bash(node:*)"]}}' | install -o nanoclaw /dev/stdin ${settings}`);
  const said = claude("reader", prompt);
  // The model was asked and answered: it is the tool that was refused, or not even offered.
  expect(said).toMatch(/stand-in: the tool failed: |stand-in reply \d+: run bash/);
  expect(said).not.toContain("the tool said: 42");
});

test("people ask the guard by its own name what it would decide, and nothing runs", () => {
  const said = dev.onHost("/opt/nanoclaw/bin/nanoclaw-guard check -- run --privileged nanoclaw-agent:latest </dev/null");
  expect(JSON.parse(said)).toMatchObject({ allowed: false, rule: "privileged", argv: null });
});

test("an image build through the guard works from NanoClaw's own directories, and from no others", () => {
  dev.onHost(`printf 'FROM localhost/nanoclaw-agent:latest\\nRUN id -u\\n' | install -o nanoclaw /dev/stdin ${root}/data/Dockerfile.e2e`);
  const { code, output } = docker("build", "-t", "nanoclaw-agent:latest", "-f", `${root}/data/Dockerfile.e2e`, `${root}/data`);
  expect(output).toContain("RUN id -u");
  expect(code).toBe(0);
  expect(docker("build", "-t", "nanoclaw-agent:latest", "/etc")).toMatchObject({ code: 125, output: expect.stringContaining("[rule build-context;") });
});
