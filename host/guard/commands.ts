import { Refusal, type RuleId } from "./refusal.ts";

/** One flag that is understood. */
export interface FlagSpec {
  readonly long: string;
  readonly short?: string;
  readonly aliases?: readonly string[];
  readonly kind: "boolean" | "value";
  readonly repeats?: boolean;
  /** What a value must look like; what it means is checked where it is used. */
  readonly value?: RegExp;
  /** For the refusal of another value: rule (default `flag-value`), what was wanted, what to do. */
  readonly rule?: RuleId;
  readonly wanted?: string;
  readonly remedy?: string;
}

/** One docker command that is understood. */
export interface CommandSpec {
  readonly flags: readonly FlagSpec[];
  /** Least and most number of operands. */
  readonly operands: readonly [number, number];
  /** True for `run`: what follows the first operand belongs to the container. */
  readonly argsFollow?: boolean;
}

const on = (long: string, short?: string): FlagSpec => ({ long, kind: "boolean", ...(short === undefined ? {} : { short }) });
const value = (long: string, pattern: RegExp, more: Partial<FlagSpec> = {}): FlagSpec => ({ long, kind: "value", value: pattern, ...more });

const seconds = /^\d{1,6}$/;
const format = /^[^\x00-\x1f]{1,200}$/;
const stricter = "leave it out; the guard sets it by the policy";

/** Names that NanoClaw gives its containers, with or without this install's suffix. */
export const CONTAINER_NAME = /^nanoclaw-[A-Za-z0-9][A-Za-z0-9_.-]{0,180}$/;

/**
 * The grammar: what NanoClaw 1.1, 1.2, 2 and the ingpoc fork call, flag by flag (CONTRACTS 1). Of `run`'s flags those
 * that only make a container stricter are understood too, although no NanoClaw uses them.
 */
export const COMMANDS: Readonly<Record<string, CommandSpec>> = {
  run: {
    operands: [1, 1],
    argsFollow: true,
    flags: [
      on("interactive", "i"),
      on("rm"),
      on("init"),
      on("read-only"),
      value("name", CONTAINER_NAME, { rule: "name", wanted: "a name that begins with nanoclaw-", remedy: "name it nanoclaw-<group>-<time>" }),
      value("env", /^[A-Za-z_][A-Za-z0-9_]{0,127}=[^\0]*$/, { short: "e", repeats: true, rule: "environment", wanted: "NAME=VALUE", remedy: "spell the variable out" }),
      value("user", /^[1-9]\d{0,9}:[1-9]\d{0,9}$/, { short: "u", rule: "identity", wanted: "UID:GID, neither of them 0", remedy: stricter }),
      value("volume", /^[^\x00-\x1f]+$/, { short: "v", repeats: true, rule: "mount-syntax", wanted: "SOURCE:TARGET[:ro]", remedy: "leave control characters out" }),
      value("mount", /^type=bind,source=[^,:"]+,target=[^,:"]+,readonly$/, { repeats: true, rule: "mount-flag", wanted: "type=bind,source=…,target=…,readonly", remedy: "use -v SOURCE:TARGET[:ro]" }),
      value("label", /^nanoclaw-install=[A-Za-z0-9_-]{1,64}$/, { short: "l", rule: "label", wanted: "nanoclaw-install=…", remedy: "leave it out" }),
      value("add-host", /^host\.docker\.internal:host-gateway$/, { rule: "network", wanted: "host.docker.internal:host-gateway", remedy: "leave it out" }),
      value("entrypoint", /^[A-Za-z0-9._/-]{1,200}$/, { rule: "entrypoint", wanted: "the path of a program", remedy: "give its arguments after the image" }),
      value("network", /^none$/, { aliases: ["net"], rule: "network", wanted: "none (the policy chooses between open and none)", remedy: "set the role's network in the policy" }),
      value("cap-drop", /^[A-Za-z_]{2,40}$/, { repeats: true, rule: "capabilities", wanted: "a capability's name", remedy: stricter }),
      value("security-opt", /^no-new-privileges(:true|=true)?$/, { repeats: true, rule: "security-options", wanted: "no-new-privileges", remedy: stricter }),
      value("memory", /^\d{1,15}(\.\d{1,9})? ?(b|[kmgtp]i?b?)?$/i, { short: "m", rule: "limits", wanted: "a size", remedy: stricter }),
      value("cpus", /^\d{1,4}(\.\d{1,3})?$/, { rule: "limits", wanted: "a number of CPUs", remedy: stricter }),
      value("pids-limit", /^\d{1,7}$/, { rule: "limits", wanted: "a number of processes", remedy: stricter }),
      value("pull", /^never$/, { rule: "image", wanted: "never", remedy: "images are built on the host, not pulled at a run" }),
    ],
  },
  ps: {
    operands: [0, 0],
    flags: [on("all", "a"), on("quiet", "q"), on("no-trunc"), value("filter", /^(name|label|status|id|ancestor)=[^\x00-\x1f]{1,200}$/, { short: "f", repeats: true }), value("format", format)],
  },
  ls: { operands: [0, 0], flags: [on("all", "a"), value("format", /^json$/)] },
  stop: {
    operands: [1, 64],
    flags: [value("time", seconds, { short: "t", aliases: ["timeout"] }), value("signal", /^(SIG)?(TERM|KILL)$|^(9|15)$/, { short: "s", wanted: "TERM or KILL: podman's stop has no other signal", remedy: "leave it out, or use `docker kill --signal`" })],
  },
  kill: { operands: [1, 64], flags: [value("signal", /^(SIG)?(TERM|INT|KILL|HUP|QUIT|USR1|USR2)$|^(1|2|3|9|10|12|15)$/, { short: "s" })] },
  rm: { operands: [1, 64], flags: [on("force", "f")] },
  logs: {
    operands: [1, 1],
    flags: [on("follow", "f"), on("timestamps", "t"), value("tail", /^(all|\d{1,9})$/, { short: "n" }), value("since", /^[0-9A-Za-z:.+-]{1,40}$/)],
  },
  inspect: { operands: [1, 16], flags: [value("format", format, { short: "f" }), value("type", /^(container|image)$/)] },
  images: { operands: [0, 1], flags: [on("quiet", "q"), on("no-trunc"), value("format", format), value("filter", /^(reference|dangling|label)=[^\x00-\x1f]{1,200}$/, { short: "f", repeats: true })] },
  "image inspect": { operands: [1, 16], flags: [value("format", format, { short: "f" })] },
  build: {
    operands: [1, 1],
    flags: [
      value("tag", /^[a-z0-9][A-Za-z0-9._/:-]{0,200}$/, { short: "t" }),
      value("file", /^[^\x00-\x1f:,"]{1,1000}$/, { short: "f" }),
      value("build-arg", /^[A-Za-z_][A-Za-z0-9_]{0,127}=[^\0]*$/, { repeats: true, rule: "environment", wanted: "NAME=VALUE", remedy: "spell the value out" }),
      on("no-cache"),
      on("quiet", "q"),
    ],
  },
  version: { operands: [0, 0], flags: [value("format", format, { short: "f" })] },
  "--version": { operands: [0, 0], flags: [] },
  info: { operands: [0, 0], flags: [value("format", format, { short: "f" })] },
};

/** Finds the command at the head of an argument list. @throws Refusal */
export function commandOf(argv: readonly string[]): { command: string; spec: CommandSpec; rest: readonly string[] } {
  const first = argv[0];
  if (first === "-v") return commandOf(["--version", ...argv.slice(1)]);
  const two = `${first} ${argv[1]}`;
  if (Object.hasOwn(COMMANDS, two)) return { command: two, spec: COMMANDS[two]!, rest: argv.slice(2) };
  if (first !== undefined && !first.includes(" ") && Object.hasOwn(COMMANDS, first)) return { command: first, spec: COMMANDS[first]!, rest: argv.slice(1) };
  throw new Refusal("command-unknown", "docker", `one of ${Object.keys(COMMANDS).join(", ")}`, first ?? "nothing", "use podman itself, as the service user, for anything else");
}

/** Why a flag of podman's is not in the grammar, by rule; flags that stand nowhere are simply unknown. */
const DENIED: Readonly<Record<string, RuleId>> = Object.fromEntries(
  (
    [
      ["privileged", "--privileged"],
      ["capabilities", "--cap-add"],
      ["namespace", "--pid --ipc --uts --userns --cgroupns --cgroups --cgroup-parent --cgroup-conf --pod --pod-id-file --infra-command"],
      ["device", "--device --device-cgroup-rule --device-read-bps --device-read-iops --device-write-bps --device-write-iops --gpus"],
      ["security-options", "--seccomp-policy --sysctl --systemd --sdnotify --umask --personality --no-new-privileges"],
      ["network", "--publish -p --publish-all -P --expose --dns --dns-opt --dns-option --dns-search --ip --ip6 --mac-address --link-local-ip --network-alias --hostname -h --no-hosts --hosts-file --no-hostname --http-proxy"],
      ["identity", "--group-add --group-entry --gidmap --uidmap --subuidname --subgidname --hostuser --passwd --passwd-entry"],
      [
        "limits",
        "--memory-swap --memory-reservation --memory-swappiness --oom-kill-disable --oom-score-adj --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares -c --cpuset-cpus --cpuset-mems --blkio-weight --blkio-weight-device --ulimit --shm-size --shm-size-systemd --storage-opt --timeout",
      ],
      ["environment", "--env-file --env-host --env-merge --unsetenv --unsetenv-all --secret --tz"],
      ["mount-flag", "--volumes-from --tmpfs --image-volume --read-only-tmpfs --rootfs --chrootdirs --init-path --workdir -w"],
      [
        "lifecycle",
        "--detach -d --detach-keys --tty -t --attach -a --restart --replace --rmi --requires --sig-proxy --stop-signal --stop-timeout --preserve-fds --preserve-fd --pidfile --conmon-pidfile --cidfile --health-cmd --health-interval --health-retries --health-start-period --health-timeout --health-on-failure --no-healthcheck --log-driver --log-opt --annotation --label-file --runtime --quiet -q",
      ],
      ["image", "--platform --arch --os --variant --authfile --tls-verify --creds --cert-dir --decryption-key --retry --retry-delay --disable-content-trust --signature-policy"],
    ] as const
  ).flatMap(([rule, flags]) => flags.split(" ").map((flag) => [flag, rule])),
);

/** The refusal for a flag that is not in a command's grammar. */
export function deniedFlag(command: string, spelled: string): Refusal {
  const known = COMMANDS[command]!.flags.map(({ long }) => `--${long}`).join(" ");
  const rule = command === "run" && Object.hasOwn(DENIED, spelled) ? DENIED[spelled]! : "flag-unknown";
  return new Refusal(rule, spelled, `one of the flags that NanoClaw uses with ${command} (${known || "none"})`, spelled, "leave it out; what containers get is said in the policy");
}
