import fc from "fast-check";
import { expect, test } from "vitest";
import { COMMANDS } from "./commands.ts";
import { parse, print, type Call } from "./grammar.ts";
import { HOSTILE } from "./hostile.ts";
import { Refusal } from "./refusal.ts";
import { ARGS, decideOn, mountsOf, policyWith, runOf } from "./testPolicy.ts";

const policy = policyWith({ extraMounts: [{ path: "/nonexistent/shared", access: "ro", roles: ["main", "untrusted"] }] });

/** Words that command lines are made of here: NanoClaw's own, hostile ones, and noise. */
const words = [...new Set([...HOSTILE.flatMap(({ argv }) => argv), ...runOf("main"), ...runOf("other"), "-v", "/nonexistent/shared/a:/workspace/extra/a", "--", "", "-", "--=", "-=", "=", ":", "true"])];
const word = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: fc.string() }, { weight: 1, arbitrary: fc.string({ unit: "binary" }) });
const anyLine = fc.oneof(
  fc.array(word, { maxLength: 20 }).map((rest) => ["run", ...rest]),
  fc.array(word, { maxLength: 6 }).map((more) => runOf("main", more)),
  fc.tuple(fc.constantFrom("main", "other", "x_y"), fc.shuffledSubarray(mountsOf(ARGS.root, "main"))).map(([folder, mounts]) => ["run", ...mounts, ...mountsOf(ARGS.root, folder), "nanoclaw-agent:latest"]),
  fc.array(word, { maxLength: 12 }),
);

/** Podman's own reading of a `run` line of ours: flags up to the image. */
function readByPodman(argv: readonly string[]): { flags: string[]; volumes: string[] } {
  const flags: string[] = [];
  const volumes: string[] = [];
  for (let i = 2; i < argv.length; i++) {
    if (argv[i] === "-v") volumes.push(argv[++i]!);
    else if (argv[i]!.startsWith("--")) flags.push(argv[i]!);
    else break;
  }
  return { flags, volumes };
}

test("for any argument list, what podman gets never adds a capability, a namespace, a device or a mount that is not allowed", () => {
  fc.assert(
    fc.property(anyLine, (line) => {
      const { argv } = decideOn(policy, line);
      if (argv === null || argv[1] !== "run") return;
      const { flags, volumes } = readByPodman(argv);
      for (const wanted of ["--cap-drop=ALL", "--security-opt=no-new-privileges", "--read-only", "--user=1000:1000", "--userns=keep-id:uid=1000,gid=1000", "--cgroup-parent=nanoclaw-agents.slice", "--pid=private", "--ipc=private", "--uts=private", "--cgroupns=private", "--pull=never", "--rm"]) {
        expect(flags.filter((flag) => flag.split("=")[0] === wanted.split("=")[0] && flag !== "--security-opt=mask=/sys/dev/block")).toEqual([wanted]);
      }
      expect(flags.filter((flag) => flag.startsWith("--network"))).toEqual([expect.stringMatching(/^--network=(none|private)$/)]);
      expect(flags.filter((flag) => !/^--(interactive|name|label|cidfile|rm|pull|userns|user|cap-drop|security-opt|read-only|read-only-tmpfs|image-volume|tmpfs|mount|memory|memory-swap|cpus|pids-limit|cgroup-parent|ipc|pid|uts|cgroupns|network|no-hosts|http-proxy|init|log-driver|log-opt|env|add-host|entrypoint)(=|$)/.test(flag))).toEqual([]);
      for (const volume of volumes) {
        expect(volume).toMatch(/^[^:,]+:[^:,]+(:ro)?$/);
        const [source, target, access] = volume.split(":") as [string, string, string | undefined];
        const own = new RegExp(`^${ARGS.root}(/(groups|data|store|container|mcp-servers)(/[A-Za-z0-9_./-]+)?)?$`).test(source);
        expect(own || source === "/dev/null" || volume === "/etc/ssl/certs/ca-certificates.crt:/etc/ssl/certs/ca-certificates.crt:ro" || source.startsWith("/run/user/1500/nanoclaw-guard/") || source.startsWith("/nonexistent/shared/")).toBe(true);
        if (access !== "ro") expect(target).toMatch(/^(\/workspace(\/(group|agent|ipc))?|\/home\/node\/\.claude)$/);
      }
    }),
    { numRuns: 3000 },
  );
});

test("for any argument list, the guard decides: it never fails in another way", () => {
  fc.assert(fc.property(anyLine, (line) => void decideOn(policy, line)), { numRuns: 2000 });
});

test("parsing, printing and parsing again gives the same call", () => {
  const understood = (line: readonly string[]): Call | undefined => {
    try {
      return parse(line);
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  };
  let seen = 0;
  fc.assert(
    fc.property(anyLine, (line) => {
      const call = understood(line);
      if (call === undefined) return;
      seen++;
      const again = parse(print(call));
      expect({ ...again, flags: new Map([...again.flags].sort()) }).toEqual({ ...call, flags: new Map([...call.flags].sort()) });
      expect(print(again)).toEqual(print(call));
    }),
    { numRuns: 3000 },
  );
  expect(seen).toBeGreaterThan(100);
});

test("a secret that the role does not get is nowhere in what podman and the container get", () => {
  const canary = "canary-7f3a9";
  const name = fc.constantFrom("GITHUB_TOKEN", "GH_TOKEN", "OPENROUTER_API_KEY", "AWS_SECRET_ACCESS_KEY", "SOME_PASSWORD", "__proto__");
  fc.assert(
    fc.property(fc.dictionary(name, fc.constant(canary)), fc.boolean(), (secrets, byFlag) => {
      const stdin = JSON.stringify({ prompt: "hi", groupFolder: "other", ...(byFlag ? {} : { secrets }) });
      const more = byFlag ? Object.entries(secrets).filter(([key]) => key !== "__proto__").flatMap(([key, value]) => ["-e", `${key}=${value}`]) : [];
      const decision = decideOn(policy, runOf("other", more), stdin);
      expect(decision.allowed).toBe(true);
      expect(JSON.stringify(decision)).not.toContain(canary);
    }),
  );
});

test("the grammar has no flag that two spellings of podman's would mean differently", () => {
  for (const { flags } of Object.values(COMMANDS)) {
    const spellings = flags.flatMap(({ long, short, aliases = [] }) => [long, ...aliases, ...(short === undefined ? [] : [short])]);
    expect(new Set(spellings).size).toBe(spellings.length);
  }
});
