import { execFile } from "node:child_process";
import { stateRoot } from "../agentRun/serviceUser.ts";
import { experiment, type Finding, type ProofContext } from "./experiment.ts";
import { smokeGroup } from "./groups.ts";
import { agentCommand } from "./inside.ts";

/** Flags that would open the box, one way each; a guard that let one through would run `true` and no more. */
const deniedFlags: readonly (readonly string[])[] = [["--privileged"], ["--pid=host"], ["--network=host"], ["--cap-add=SYS_ADMIN"], ["--security-opt", "seccomp=unconfined"]];
/** Not the root directory: that is refused besides for what is mounted below it, whatever the mount rules say. */
const deniedMount = ["-v", "/etc:/workspace/extra/etc:ro"];

/** What `docker run` with such flags came to: its exit code, and the rule in its complaint. */
export interface DeniedFacts {
  readonly flags: string;
  readonly exitCode: number;
  readonly rule: string | undefined;
}

const remedy = "something weakened the guard: see /etc/nanoclaw/guard.json and run `pulumi up`";

/** Command lines that NanoClaw must not get through. */
export const deniedProofs = experiment<{ flags: DeniedFacts[]; mount: DeniedFacts }>({
  does: "asking docker for what it must refuse",
  look: async (context) => {
    const [mount, ...flags] = await Promise.all([deniedMount, ...deniedFlags].map((one) => ask(context, one)));
    return { flags, mount: mount! };
  },
  rows: [
    {
      name: "hostile-lines-refused",
      asserts: "docker refuses all privileges, the host's processes, the host's network, a capability, and no system call filter",
      wanted: "each refused by a rule, exit code 125",
      remedy,
      judge: ({ flags }) => allRefused(flags),
    },
    { name: "hostile-mount-refused", protection: "mounts", asserts: "docker refuses to mount the host's /etc", wanted: "refused by a rule, exit code 125", remedy, judge: ({ mount }) => allRefused([mount]) },
  ],
});

function allRefused(facts: readonly DeniedFacts[]): Finding {
  const through = facts.filter(({ exitCode, rule }) => exitCode !== 125 || rule === undefined);
  const got = through.length === 0 ? facts.map(({ rule }) => `rule ${rule}`) : through.map(({ flags, exitCode }) => `${flags}: exit code ${exitCode}`);
  return { ok: through.length === 0 && facts.length > 0, got: got.join(", ") };
}

function ask(context: ProofContext, flags: readonly string[]): Promise<DeniedFacts> {
  const { user, settings } = context;
  const { args } = agentCommand(context, smokeGroup, [...flags, "--entrypoint", "true"], []);
  return new Promise((resolve) => {
    const docker = execFile("docker", args, { uid: user.uid, gid: user.gid, env: user.environment, cwd: stateRoot, timeout: settings.replyTimeoutSeconds * 1000 }, (error, _, stderr) =>
      resolve({ flags: flags.join(" "), exitCode: error === null ? 0 : Number(error.code ?? 1), rule: /\[rule ([\w-]+);/.exec(stderr)?.[1] }),
    );
    docker.stdin?.on("error", () => undefined);
    docker.stdin?.end();
  });
}
