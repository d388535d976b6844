import { expect, test } from "vitest";
import { parse } from "./grammar.ts";
import { HARDENING } from "./hardening.ts";
import { hostWorld, lenientWorld } from "./mountWorld.ts";
import { planRun } from "./run.ts";
import { ARGS, decideOn, mountsOf, policyWith, runOf } from "./testPolicy.ts";

const policy = policyWith();
const { root } = ARGS;
const suffix = policy.install;
const ca = "/etc/ssl/certs/ca-certificates.crt";
const directory = "/run/user/1500/nanoclaw-guard";

const head = (role: string, name?: string, interactive = true): string[] => [
  "/usr/bin/podman",
  "run",
  ...(interactive ? ["--interactive"] : []),
  ...(name === undefined ? [] : [`--name=${name}-${suffix}`]),
  "--label=podman-nanoclaw-runtime=agent",
  `--label=podman-nanoclaw-runtime.install=${suffix}`,
  `--label=podman-nanoclaw-runtime.role=${role}`,
];

/** Sizes of /tmp, /var/tmp, /run, /home/node and /dev/shm: a fifth of the memory for /tmp, and so on; all together at most half of it. */
const sizes = [428867584, 63963136, 16777216, 321912832, 213909504];

/** The same for 512 MiB. */
const SMALLER = [110116864, 16420864, 4304896, 82657280, 54923264];

const hardened = (network: "open" | "none" = "open", limits = { memory: 2 ** 31, cpus: 2, pids: 256 }, [tmp, varTmp, run, home, shm] = sizes): string[] => [
  `--cidfile=${directory}/slots/PID.cid`,
  "--rm",
  "--pull=never",
  "--userns=keep-id:uid=1000,gid=1000",
  "--user=1000:1000",
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges",
  "--security-opt=mask=/sys/dev/block",
  "--read-only",
  "--read-only-tmpfs=false",
  `--tmpfs=/tmp:rw,nosuid,nodev,size=${tmp},mode=1777`,
  `--tmpfs=/var/tmp:rw,nosuid,nodev,size=${varTmp},mode=1777`,
  `--tmpfs=/run:rw,nosuid,nodev,noexec,size=${run},mode=0755`,
  `--mount=type=tmpfs,destination=/home/node,tmpfs-size=${home},tmpfs-mode=0700,U=true`,
  "--image-volume=ignore",
  `--tmpfs=/dev/shm:rw,nosuid,nodev,noexec,size=${shm},mode=1777`,
  `--memory=${limits.memory}`,
  `--memory-swap=${limits.memory}`,
  `--cpus=${limits.cpus}`,
  `--pids-limit=${limits.pids}`,
  "--cgroup-parent=nanoclaw-agents.slice",
  "--ipc=private",
  "--pid=private",
  "--uts=private",
  "--cgroupns=private",
  ...(network === "none" ? ["--network=none", "--no-hosts"] : ["--network=private"]),
  "--http-proxy=false",
  "--init",
  "--log-driver=k8s-file",
  "--log-opt=max-size=1048576",
  "--env=HOME=/home/node",
  "--env=XDG_CONFIG_HOME=/home/node/.config",
  "--env=XDG_CACHE_HOME=/home/node/.cache",
  ...(network === "none" ? [] : ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "GIT_SSL_CAINFO", "REQUESTS_CA_BUNDLE", "PIP_CERT"].map((name) => `--env=${name}=${ca}`)),
];

const settings = (role: string, network: "open" | "none" = "open"): string[] => [...(network === "none" ? [] : ["-v", `${ca}:${ca}:ro`]), "-v", `${directory}/managed-settings-${role}.json:/etc/claude-code/managed-settings.json:ro`];
const shadows = ["-v", "/dev/null:/workspace/project/.env:ro", ...["store/auth", "data/sessions", "data/env", "config"].flatMap((path) => ["-v", `${directory}/empty:/workspace/project/${path}:ro`])];
const filter = `--filter=label=podman-nanoclaw-runtime.install=${suffix}`;

interface Accepted {
  readonly by: string;
  readonly argv: readonly string[];
  readonly podman: readonly string[];
}

const ACCEPTED: readonly Accepted[] = [
  {
    by: "1.1.6, main",
    argv: runOf("main"),
    podman: [...head("main", "nanoclaw-main-1700000000000"), ...hardened(), "--env=TZ=UTC", "-v", `${root}:/workspace/project:ro`, "-v", `${root}/groups/main:/workspace/group`, "-v", `${root}/data/sessions/main/.claude:/home/node/.claude`, "-v", `${root}/data/ipc/main:/workspace/ipc`, "-v", `${root}/data/sessions/main/agent-runner-src:/app/src:ro`, ...shadows, ...settings("main"), "localhost/nanoclaw-agent:latest"],
  },
  {
    by: "1.1.6, a group",
    argv: runOf("family-chat"),
    podman: [...head("untrusted", "nanoclaw-family-chat-1700000000000"), ...hardened(), "--env=TZ=UTC", "-v", `${root}/groups/family-chat:/workspace/group`, "-v", `${root}/groups/global:/workspace/global:ro`, "-v", `${root}/data/sessions/family-chat/.claude:/home/node/.claude`, "-v", `${root}/data/ipc/family-chat:/workspace/ipc`, "-v", `${root}/data/sessions/family-chat/agent-runner-src:/app/src:ro`, ...settings("untrusted"), "localhost/nanoclaw-agent:latest"],
  },
  { by: "1.x setup, the image's test", argv: ["run", "-i", "--rm", "--entrypoint", "/bin/echo", "nanoclaw-agent:latest", "Container OK"], podman: [...head("untrusted"), ...hardened(), ...settings("untrusted"), "--entrypoint=/bin/echo", "localhost/nanoclaw-agent:latest", "Container OK"] },
  {
    by: "1.2.53, main, with the message database and the gateway's name",
    argv: ["run", "-i", "--rm", "--name", "nanoclaw-main-1", "-e", "TZ=UTC", "--add-host=host.docker.internal:host-gateway", "-v", `${root}/groups/main:/workspace/group`, "-v", `${root}:/workspace/project:ro`, "-v", `${root}/store:/workspace/project/store`, "-v", `${root}/groups/global:/workspace/global`, "nanoclaw-agent:latest"],
    podman: [...head("main", "nanoclaw-main-1"), ...hardened(), "--env=TZ=UTC", "--add-host=host.docker.internal:host-gateway", "-v", `${root}/groups/main:/workspace/group`, "-v", `${root}:/workspace/project:ro`, "-v", `${root}/store:/workspace/project/store:ro`, "-v", `${root}/groups/global:/workspace/global:ro`, ...shadows, ...settings("main"), "localhost/nanoclaw-agent:latest"],
  },
  {
    by: "v2",
    argv: ["run", "--rm", "--name", "nanoclaw-v2-team-1", "--label", "nanoclaw-install=0a1b2c3d", "-e", "TZ=UTC", "-v", `${root}/data/v2-sessions/ag1/s1:/workspace`, "-v", `${root}/groups/team:/workspace/agent`, "-v", `${root}/groups/team/container.json:/workspace/agent/container.json:ro`, "-v", `${root}/data/v2-sessions/ag1/.claude-shared:/home/node/.claude`, "-v", `${root}/container/agent-runner/src:/app/src:ro`, "--entrypoint", "bash", "nanoclaw-agent:latest", "-c", "exec bun run /app/src/index.ts"],
    podman: [...head("untrusted", "nanoclaw-v2-team-1", false), "--label=nanoclaw-install=0a1b2c3d", ...hardened(), "--env=TZ=UTC", "-v", `${root}/data/v2-sessions/ag1/s1:/workspace`, "-v", `${root}/groups/team:/workspace/agent`, "-v", `${directory}/snapshots/22f86e5968a56fff2971f172e22e3ab9:/workspace/agent/container.json:ro`, "-v", `${root}/data/v2-sessions/ag1/.claude-shared:/home/node/.claude`, "-v", `${root}/container/agent-runner/src:/app/src:ro`, ...settings("untrusted"), "--entrypoint=bash", "localhost/nanoclaw-agent:latest", "-c", "exec bun run /app/src/index.ts"],
  },
  {
    by: "the fork, a worker lane, with placeholders",
    argv: ["run", "-i", "--rm", "--name", "nanoclaw-jarvis-worker-1-1", "-e", "TZ=UTC", "-e", "ANTHROPIC_BASE_URL=http://host.docker.internal:3001", "-e", "ANTHROPIC_API_KEY=placeholder", "-e", "CONTAINER_HOST_GATEWAY=host.docker.internal", "-v", `${root}/groups/jarvis-worker-1:/workspace/group`, "nanoclaw-agent"],
    podman: [...head("trusted", "nanoclaw-jarvis-worker-1-1"), ...hardened(), "--env=TZ=UTC", "--env=ANTHROPIC_BASE_URL=http://host.docker.internal:3001", "--env=ANTHROPIC_API_KEY=placeholder", "--env=CONTAINER_HOST_GATEWAY=host.docker.internal", "-v", `${root}/groups/jarvis-worker-1:/workspace/group`, ...settings("trusted"), "localhost/nanoclaw-agent:latest"],
  },
  {
    by: "1.2.53's claw, without a name",
    argv: ["run", "-i", "--rm", "--mount", `type=bind,source=${root},target=/workspace/project,readonly`, "-v", `${root}/groups/main:/workspace/group`, "nanoclaw-agent:latest"],
    podman: [...head("main"), ...hardened(), "-v", `${root}:/workspace/project:ro`, "-v", `${root}/groups/main:/workspace/group`, ...shadows, ...settings("main"), "localhost/nanoclaw-agent:latest"],
  },
  {
    by: "a caller that is stricter than the policy",
    argv: ["run", "--rm", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--network", "none", "-m", "512m", "--cpus=0.5", "--pids-limit=64", "--init", "--pull=never", "--add-host=host.docker.internal:host-gateway", "nanoclaw-agent:latest"],
    podman: [...head("untrusted", undefined, false), ...hardened("none", { memory: 2 ** 29, cpus: 0.5, pids: 64 }, SMALLER), "-v", `${directory}/hosts:/etc/hosts:ro`, ...settings("untrusted", "none"), "localhost/nanoclaw-agent:latest"],
  },
  { by: "flags after the image, which are the container's", argv: ["run", "nanoclaw-agent:latest", "--privileged", "-v", "/:/host"], podman: [...head("untrusted", undefined, false), ...hardened(), ...settings("untrusted"), "localhost/nanoclaw-agent:latest", "--privileged", "-v", "/:/host"] },
  { by: "all, at start", argv: ["info"], podman: ["/usr/bin/podman", "info"] },
  { by: "1.x, at start", argv: ["ps", "--filter", "name=nanoclaw-", "--format", "{{.Names}}"], podman: ["/usr/bin/podman", "ps", filter, "--filter=name=nanoclaw-", "--format={{.Names}}"] },
  { by: "v2, at start", argv: ["ps", "--filter", "label=nanoclaw-install=0a1b2c3d", "--format", "{{.Names}}"], podman: ["/usr/bin/podman", "ps", filter, "--filter=label=nanoclaw-install=0a1b2c3d", "--format={{.Names}}"] },
  { by: "v2's setup", argv: ["ps", "-a", "--filter", "label=com.docker.compose.project=onecli", "--format", '{{.Names}}|{{.Label "com.docker.compose.service"}}'], podman: ["/usr/bin/podman", "ps", filter, "--all", "--filter=label=com.docker.compose.project=onecli", '--format={{.Names}}|{{.Label "com.docker.compose.service"}}'] },
  { by: "1.1, a time-out", argv: ["stop", "nanoclaw-main-1"], podman: ["/usr/bin/podman", "stop", `nanoclaw-main-1-${suffix}`] },
  { by: "1.2, an orphan as ps named it", argv: ["stop", "-t", "1", `nanoclaw-main-1-${suffix}`], podman: ["/usr/bin/podman", "stop", "--time=1", `nanoclaw-main-1-${suffix}`] },
  { by: "the fork's escalation", argv: ["stop", "-s", "SIGKILL", "-t", "1", "nanoclaw-main-1"], podman: ["/usr/bin/podman", "kill", "--signal=SIGKILL", `nanoclaw-main-1-${suffix}`] },
  { by: "flags after the name", argv: ["stop", "nanoclaw-main-1", "-t1"], podman: ["/usr/bin/podman", "stop", "--time=1", `nanoclaw-main-1-${suffix}`] },
  { by: "the fork", argv: ["kill", "nanoclaw-main-1"], podman: ["/usr/bin/podman", "kill", `nanoclaw-main-1-${suffix}`] },
  { by: "v2's setup", argv: ["rm", "-f", "nanoclaw-main-1"], podman: ["/usr/bin/podman", "rm", "--force", `nanoclaw-main-1-${suffix}`] },
  { by: "a developer", argv: ["logs", "-f", "--tail=5", "nanoclaw-main-1"], podman: ["/usr/bin/podman", "logs", "--follow", "--tail=5", `nanoclaw-main-1-${suffix}`] },
  { by: "the fork", argv: ["ls", "--format", "json"], podman: ["/usr/bin/podman", "ps", filter, "--format=json"] },
  { by: "the fork", argv: ["ls", "-a"], podman: ["/usr/bin/podman", "ps", filter, "--all", "--format=json"] },
  { by: "v2's probe", argv: ["image", "inspect", "nanoclaw-agent:latest"], podman: ["/usr/bin/podman", "inspect", "--type=image", "localhost/nanoclaw-agent:latest"] },
  { by: "a developer", argv: ["inspect", "nanoclaw-main-1"], podman: ["/usr/bin/podman", "inspect", "--type=container", `nanoclaw-main-1-${suffix}`] },
  { by: "a developer", argv: ["inspect", "-f", "{{.Id}}", "nanoclaw-agent:latest"], podman: ["/usr/bin/podman", "inspect", "--type=image", "--format={{.Id}}", "localhost/nanoclaw-agent:latest"] },
  { by: "a developer", argv: ["images", "-q"], podman: ["/usr/bin/podman", "images", "--quiet"] },
  { by: "a developer", argv: ["version", "--format", "{{.Client.Version}}"], podman: ["/usr/bin/podman", "version", "--format={{.Client.Version}}"] },
  { by: "v2's migration", argv: ["--version"], podman: ["/usr/bin/podman", "--version"] },
  { by: "setup", argv: ["build", "-t", "nanoclaw-agent:latest", `${root}/container`], podman: ["/usr/bin/podman", "build", "--tag=localhost/nanoclaw-agent:latest", "--network=private", "--memory=2147483648", "--memory-swap=2147483648", "--cgroup-parent=nanoclaw-build.slice", `${root}/container`] },
  {
    by: "v2, after an approved package",
    argv: ["build", "-t", "nanoclaw-agent:latest", "-f", `${root}/data/Dockerfile.ag1`, "--build-arg", "INSTALL_CJK_FONTS=true", `${root}/data`],
    podman: ["/usr/bin/podman", "build", "--tag=localhost/nanoclaw-agent:latest", `--file=${root}/data/Dockerfile.ag1`, "--build-arg=INSTALL_CJK_FONTS=true", "--network=private", "--memory=2147483648", "--memory-swap=2147483648", "--cgroup-parent=nanoclaw-build.slice", `${root}/data`],
  },
];

test.each(ACCEPTED.map((one) => [`${one.by}: docker ${one.argv.slice(0, 4).join(" ")}`, one] as const))("accepted, with exactly this podman argv — %s", (_, { argv, podman }) => {
  const decision = decideOn(policy, argv);
  expect(decision.reason).not.toContain("Remedy");
  expect(decision.argv).toEqual(podman);
});

test("each spelling that podman accepts means the same", () => {
  const plain = decideOn(policy, ["run", "-i", "--rm", "--name", "nanoclaw-main-1", "-e", "TZ=UTC", "-v", `${root}/groups/main:/workspace/group`, "nanoclaw-agent:latest"]).argv;
  for (const argv of [
    ["run", "--interactive=true", "--rm=true", "--name=nanoclaw-main-1", "--env=TZ=UTC", `--volume=${root}/groups/main:/workspace/group`, "nanoclaw-agent:latest"],
    ["run", "--interactive=1", "--rm=T", "--rm=TRUE", "-i=t", "--name=nanoclaw-main-1", "--env=TZ=UTC", `--volume=${root}/groups/main:/workspace/group`, "nanoclaw-agent:latest"],
    ["run", "-ieTZ=UTC", "--rm", "--name", "nanoclaw-main-1", `-v=${root}/groups/main:/workspace/group`, "--", "nanoclaw-agent:latest"],
    ["run", "-i=true", "-i", "--name=nanoclaw-main-1", "-e=TZ=UTC", `-v${root}//groups/./main/:/workspace/group/`, "localhost/nanoclaw-agent"],
  ]) expect(decideOn(policy, argv).argv).toEqual(plain);
});

test.each([["512m", 2 ** 29], ["512MB", 2 ** 29], ["1gb", 2 ** 30], ["1.5GiB", 1.5 * 2 ** 30], ["1 g", 2 ** 30], ["1048576", 2 ** 20], ["1048576b", 2 ** 20], ["1024kib", 2 ** 20]])("a size as podman reads it: %s", (size, bytes) => {
  expect(decideOn(policy, runOf("main", ["-m", size])).argv).toContain(`--memory=${bytes}`);
});

test.each([["3gb", "limits"], ["1tb", "limits"], ["0", "limits"], ["1x", "limits"], ["1ib", "limits"], ["-1", "limits"]])("a size above the policy's, or none: %s", (size, rule) => {
  expect(decideOn(policy, runOf("main", [`--memory=${size}`])).rule).toBe(rule);
});

test.each(HARDENING.filter((row) => row.switch !== null && row.switch !== "slice").map((row) => [row.switch!, row] as const))("switching hardening.%s off takes its flags away and no others", (name, row) => {
  const weak = policyWith({ hardening: { [name]: false } });
  const [before, after] = [decideOn(policy, runOf("main")).argv!, decideOn(weak, runOf("main")).argv!];
  expect(before.filter((word) => !after.includes(word))).toEqual([...new Set(row.flags(policy, policy.roles[0]!, policy.limits))]);
  expect(after.filter((word) => !before.includes(word))).toEqual([]);
});

test("a container with less memory has smaller memory file systems: together at most half of it, whoever asked for less", () => {
  const sizesOf = (argv: readonly string[] | null): number[] => argv!.slice(0, argv!.indexOf("--init")).flatMap((word) => /(?:,size=|tmpfs-size=)(\d+)/.exec(word)?.[1] ?? []).map(Number);
  const poor = policyWith({ roles: { untrusted: { limits: { memoryBytes: 2 ** 27 } } } });
  for (const [argv, memory] of [[decideOn(poor, runOf("x")).argv, 2 ** 27], [decideOn(policy, runOf("main", ["-m", "64m"])).argv, 2 ** 26]] as const) {
    expect(sizesOf(argv)).toHaveLength(5);
    expect(sizesOf(argv).reduce((sum, size) => sum + size)).toBeLessThanOrEqual(memory / 2);
    expect(Math.min(...sizesOf(argv))).toBeGreaterThan(0);
  }
});

test("what the smoke test or make chat runs has a label by which NanoClaw does not find it, and else the same line", () => {
  const plan = (operator: boolean): readonly string[] => planRun(parse(["run", "--rm", "nanoclaw-agent:latest"]), policy, { world: hostWorld, directory, stdin: () => "", cidFile: "/", operator }).argv;
  expect(plan(true).filter((word) => !plan(false).includes(word))).toEqual([`--label=podman-nanoclaw-runtime.install=${suffix}.operator`]);
  expect(plan(true)).toHaveLength(plan(false).length);
});

test("what hides main's secrets is made first: an empty directory, and an .env that is there to be hidden", () => {
  const { prepare } = planRun(parse(["run", ...mountsOf(root, "main"), "nanoclaw-agent:latest"]), policy, { world: lenientWorld, directory, stdin: () => "", cidFile: "/" });
  expect(prepare).toEqual(expect.arrayContaining([{ path: `${root}/.env`, content: "" }, { path: `${directory}/empty`, content: null }]));
});

test.each([["ro", ":ro"], ["copy", ":O"], ["rw", ""]] as const)("the agent's own source with agentSource %s", (agentSource, option) => {
  expect(decideOn(policyWith({ agentSource }), runOf("x")).argv).toContain(`${root}/data/sessions/x/agent-runner-src:/app/src${option}`);
});

test("a proxy's address with a password stands on no command line", () => {
  const { argv } = decideOn(policy, runOf("main", ["-e", "HTTPS_PROXY=http://agent:aoc_token@gateway:10255", "-e", "NO_PROXY=localhost"]));
  expect(argv).toEqual(expect.arrayContaining(["--env=HTTPS_PROXY", "--env=NO_PROXY=localhost"]));
  expect(JSON.stringify(argv)).not.toContain("aoc_token");
});

test("a group's mounts appear with the role's network and limits", () => {
  const policy = policyWith({ roles: { untrusted: { network: "none", limits: { memoryBytes: 2 ** 28, cpus: 1, pids: 32 } } } });
  const { argv } = decideOn(policy, ["run", "--name", "nanoclaw-x-1", ...mountsOf(root, "x"), "nanoclaw-agent:latest"]);
  expect(argv).toEqual(expect.arrayContaining(["--network=none", "--no-hosts", "--memory=268435456", "--cpus=1", "--pids-limit=32"]));
});
