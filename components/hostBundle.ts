import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { buildSync, version as esbuildVersion } from "esbuild";

/** The TypeScript programs that run on the host; each is bundled into one CommonJS file. */
const programs = ["guard", "smoke", "insideProbe", "egressProbe", "chat", "pair", "register"] as const;

/** The programs that a step installs or runs: a change of theirs re-runs it. Other steps use none. */
const programsOfStep: Record<string, readonly (typeof programs)[number][]> = {
  guard: ["guard"],
  smoke: ["smoke", "insideProbe", "egressProbe", "chat", "pair", "register"],
};

/** Everything that runs on a host, in one self-extracting file. */
export interface HostBundle {
  /** Path of the `.run` file on the operator. */
  path: string;
  /**
   * SHA-256 of what decides how one step behaves: its own files, the shared library and its programs.
   * @throws Error when there is no such step.
   */
  stepDigest(step: string): string;
}

/** Directories with more steps, by the name of the step: how a stack adds stand-ins without `host/` knowing of them. */
export type ExtraSteps = Record<string, string>;

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Digest of paths, execute bits and contents: independent of time stamps and of where the checkout lies. */
function digestOf(root: string, files: string[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    const executable = (statSync(file).mode & 0o100) !== 0;
    hash.update(`${relative(root, file)}\0${executable}\0`).update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

function isPayload(file: string): boolean {
  return !/\.ts$/.test(file);
}

function build(root: string, target: string, extraSteps: ExtraSteps): void {
  const staging = mkdtempSync(join(root, "dist", "bundle-"));
  try {
    const payload = join(staging, "payload");
    for (const directory of ["lib", "steps", "probe"]) {
      cpSync(join(root, "host", directory), join(payload, directory), { recursive: true, filter: isPayload });
    }
    for (const [step, directory] of Object.entries(extraSteps)) {
      cpSync(join(root, directory), join(payload, "steps", step), { recursive: true, filter: isPayload });
    }
    buildSync({
      entryPoints: programs.map((program) => ({ in: join(root, "host", program, "main.ts"), out: program })),
      outdir: join(payload, "programs"),
      outExtension: { ".js": ".cjs" },
      bundle: true,
      platform: "node",
      target: "node22",
      format: "cjs",
      minify: true,
      legalComments: "none",
      logLevel: "warning",
    });
    const archive = execFileSync(
      "tar",
      ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=u+rwX,go-w", "--use-compress-program=gzip -n", "-cf", "-", "-C", payload, "."],
      { maxBuffer: 64 * 1024 * 1024 },
    );
    const header = readFileSync(join(root, "host", "bundle-header.sh"), "utf8");
    const text = `${header.trimEnd()}\n${archive.toString("base64").replace(/(.{76})/g, "$1\n")}\n`;
    const file = join(staging, "host.run");
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    renameSync(file, target);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/**
 * Builds the host bundle below `dist/`, or finds the one that was built from the same sources.
 *
 * @param root directory of the checkout
 * @param extraSteps further steps, step name → directory relative to `root`
 * @throws Error when esbuild or tar fail
 */
export function hostBundle(root: string, extraSteps: ExtraSteps = {}): HostBundle {
  const sources = [
    ...filesBelow(join(root, "host")),
    ...filesBelow(join(root, "contract")),
    ...Object.values(extraSteps).flatMap((directory) => filesBelow(join(root, directory))),
  ].filter((file) => !file.endsWith(".test.ts"));
  const key = createHash("sha256")
    .update(`esbuild ${esbuildVersion} ${JSON.stringify(extraSteps)} `)
    .update(readFileSync(new URL(import.meta.url)))
    .update(digestOf(root, sources))
    .digest("hex");
  mkdirSync(join(root, "dist"), { recursive: true });
  const path = join(root, "dist", `host-${key.slice(0, 16)}.run`);
  if (!existsSync(path)) build(root, path, extraSteps);
  return {
    path,
    stepDigest(step: string): string {
      const directory = join(root, extraSteps[step] ?? join("host", "steps", step));
      if (!existsSync(directory)) throw new Error(`there is no host step "${step}" (looked for ${directory})`);
      const programSources = (programsOfStep[step] ?? []).length > 0 ? sources.filter((file) => file.endsWith(".ts")) : [];
      return digestOf(root, [...filesBelow(directory), ...filesBelow(join(root, "host", "lib")), ...programSources].sort());
    },
  };
}
