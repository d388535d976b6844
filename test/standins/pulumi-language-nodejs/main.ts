// A stand-in for Pulumi's Node language host, for networks where the official one cannot be had (its Go module is
// not served by the module proxy). It runs programs with the SDK's own runner; it does not generate code or packages.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import type { ChildProcess } from "node:child_process";

import grpc from "@grpc/grpc-js";
import language from "@pulumi/pulumi/proto/language_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";

import { exitWithParent, serve } from "../pulumi-plugin/serve.ts";

/** The runner's way to say "I have already reported the error". */
const EXIT_REPORTED = 32;

const running = new Set<ChildProcess>();

/** Runs the program that Pulumi.yaml names, with its runtime options, and waits. */
function run(request: InstanceType<typeof language.RunRequest>): Promise<InstanceType<typeof language.RunResponse>> {
  const info = request.getInfo();
  const options = (info?.getOptions()?.toJavaScript() ?? {}) as { typescript?: boolean; nodeargs?: string };
  const directory = info?.getProgramDirectory() || request.getPwd();
  const runner = createRequire(join(directory, "package.json")).resolve("@pulumi/pulumi/cmd/run");
  const flags = {
    monitor: request.getMonitorAddress(),
    engine: engineAddress,
    organization: request.getOrganization(),
    project: request.getProject(),
    stack: request.getStack(),
    parallel: String(request.getParallel()),
    pwd: request.getPwd(),
    "root-directory": info?.getRootDirectory() ?? "",
  };
  const args = [
    ...(options.nodeargs ?? "").split(" ").filter(Boolean),
    runner,
    ...Object.entries(flags).filter(([, value]) => value).map(([name, value]) => `--${name}=${value}`),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info?.getEntryPoint() || ".",
    ...request.getArgsList(),
  ];
  const env = {
    ...process.env,
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().entries() as Iterable<[string, string]>)),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    PULUMI_NODEJS_TYPESCRIPT: String(options.typescript ?? true),
  };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: request.getPwd(), env, stdio: ["ignore", "inherit", "inherit"] });
    running.add(child);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      running.delete(child);
      const response = new language.RunResponse();
      if (code === EXIT_REPORTED) response.setBail(true);
      else if (code !== 0) response.setError(`Program exited with ${code === null ? `signal ${signal}` : `non-zero exit code: ${code}`}`);
      resolve(response);
    });
  });
}

/** Name and version of the program's direct dependencies, for `pulumi about`. */
function dependencies(request: InstanceType<typeof language.GetProgramDependenciesRequest>) {
  const response = new language.GetProgramDependenciesResponse();
  const directory = request.getInfo()?.getProgramDirectory() ?? ".";
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { dependencies?: Record<string, string> };
  for (const [name, version] of Object.entries(manifest.dependencies ?? {})) {
    const dependency = new language.DependencyInfo();
    dependency.setName(name);
    dependency.setVersion(version);
    response.addDependencies(dependency);
  }
  return response;
}

function stop(): void {
  for (const child of running) child.kill("SIGTERM");
}

const engineAddress = process.argv.slice(2).findLast((argument) => !argument.startsWith("-")) ?? "";

exitWithParent(stop);
await serve(services.LanguageRuntimeService as unknown as grpc.ServiceDefinition, {
  handshake: () => new language.LanguageHandshakeResponse(),
  getPluginInfo: () => {
    const info = new plugin.PluginInfo();
    info.setVersion("0.0.0-standin");
    return info;
  },
  // The engine asks for the plugin of a package when a resource of that package is registered.
  getRequiredPlugins: () => new language.GetRequiredPluginsResponse(),
  getRequiredPackages: () => new language.GetRequiredPackagesResponse(),
  about: () => {
    const about = new language.AboutResponse();
    about.setExecutable(process.execPath);
    about.setVersion(process.version);
    return about;
  },
  getProgramDependencies: dependencies,
  runtimeOptionsPrompts: () => new language.RuntimeOptionsResponse(),
  run,
  cancel: () => {
    stop();
    return new empty.Empty();
  },
});
