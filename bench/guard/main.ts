import { spawnSync } from "node:child_process";
import { becomeService, serviceUser } from "../../host/agentRun/serviceUser.ts";

/**
 * What the guard costs. `make bench` runs it; by hand, on a provisioned host, as root or as the service user:
 *
 *   node guard.cjs [--image nanoclaw-agent:latest] [--runs 20] [--docker /opt/nanoclaw/bin/docker]
 *
 * Three ways to start a container that does nothing, interleaved, so that what else the machine does falls on all alike:
 * the guard with the network `none`; `podman run` as NanoClaw would call it without us; podman with the very flags that
 * the guard gives it. Prints one JSON object: medians in milliseconds and the two ratios (goals: at most 1.0 and 1.2).
 */
interface Way {
  readonly name: string;
  readonly program: string;
  readonly argv: readonly string[];
}

function option(name: string, otherwise: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return (at < 0 ? undefined : process.argv[at + 1]) ?? otherwise;
}

/** Milliseconds of one run. @throws Error when it fails, because a refusal is fast and would look like a good figure */
function time({ name, program, argv }: Way): number {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program, argv, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0) throw new Error(`${name}: wanted exit status 0; got ${status}: ${stderr.trim()}. Remedy: run ${program} ${argv.join(" ")} by hand`);
  return milliseconds;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const image = option("image", "nanoclaw-agent:latest");
const docker = option("docker", "/opt/nanoclaw/bin/docker");
const runs = Number(option("runs", "20"));
const asked = ["run", "--rm", "--network=none", "--entrypoint=/bin/true", image];

becomeService(serviceUser());
const { stdout } = spawnSync(docker, ["check", "--", ...asked], { encoding: "utf8", input: "" });
const [podman, ...same] = (JSON.parse(stdout) as { argv: string[] }).argv;
const ways: readonly Way[] = [
  { name: "guard", program: docker, argv: asked },
  { name: "podman, plain", program: podman!, argv: ["run", "--rm", "--entrypoint=/bin/true", image] },
  { name: "podman, same flags", program: podman!, argv: same.filter((word) => !word.startsWith("--cidfile=")) },
];

const times = new Map<Way, number[]>(ways.map((way) => [way, []]));
for (const way of ways) time(way); // warm: the image's copy for the id mapping, caches
for (let i = 0; i < runs; i++) for (const way of ways) times.get(way)!.push(time(way));

const [guard, plain, alike] = ways.map((way) => median(times.get(way)!)) as [number, number, number];
const round = (value: number): number => Math.round(value * 100) / 100;
console.log(
  JSON.stringify({
    runs,
    medianMilliseconds: { guard: round(guard), podmanPlain: round(plain), podmanSameFlags: round(alike) },
    guardToPlain: { ratio: round(guard / plain), goal: 1.0 },
    guardToSameFlags: { ratio: round(guard / alike), goal: 1.2 },
  }),
);
