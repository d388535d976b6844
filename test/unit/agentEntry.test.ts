import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, connect, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort } from "../e2e/lib/freePort.ts";

/**
 * The first program in an agent's container, run here with other paths and ports: everything else in it is as in the
 * image. That it works with the image's read-only root and limits is the VM's part.
 */
const derived = join(import.meta.dirname, "../../host/steps/agentImage/derived/rootfs/usr/local");

let directory: string;
let ports: { web: number; api: number; git: number };
let servers: Server[];
let running: ChildProcessWithoutNullStreams | undefined;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "entry-"));
  ports = { web: await freePort(), api: await freePort(), git: await freePort() };
  servers = [];
  for (const name of ["egress", "lib", "app/src", "tmp"]) mkdirSync(join(directory, name), { recursive: true });
  script("upstream", 'echo upstream; cat; exit "${UPSTREAM_EXIT:-0}"');
  writeFileSync(join(directory, "lib/entrypoint"), `${directory}/upstream\n`);
  const text = readFileSync(join(derived, "bin/nanoclaw-entry"), "utf8")
    .replaceAll("/run/egress", join(directory, "egress"))
    .replaceAll("/usr/local/lib/nanoclaw", join(directory, "lib"))
    .replaceAll("/app/src", join(directory, "app/src"))
    .replaceAll("3128", String(ports.web))
    .replaceAll("8088", String(ports.api))
    .replaceAll("8089", String(ports.git));
  writeFileSync(join(directory, "entry"), text, { mode: 0o755 });
});

afterEach(() => {
  if (running !== undefined) killGroup(running);
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true, force: true });
});

function script(name: string, body: string): void {
  writeFileSync(join(directory, name), `#!/bin/bash\n${body}\n`, { mode: 0o755 });
}

/** A server on a socket of the egress directory, which answers everything with the socket's name. */
function serve(name: string): Promise<void> {
  const server = createServer((connection) => connection.on("data", () => connection.end(`from ${name}`)).on("error", () => {}));
  servers.push(server);
  return new Promise((resolve) => server.listen(join(directory, "egress", name), resolve));
}

/** Ends the entry and all that it started, as the end of a container does. */
function killGroup(child: ChildProcessWithoutNullStreams): void {
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(env: Record<string, string> = {}, stdin = ""): { child: ChildProcessWithoutNullStreams; ended: Promise<Ended> } {
  const child = spawn(join(directory, "entry"), [], { detached: true, env: { PATH: process.env["PATH"], ...env } });
  running = child;
  const ended = { code: null as number | null, stdout: "", stderr: "" };
  child.stdout.on("data", (data: Buffer) => (ended.stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (ended.stderr += data.toString()));
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  return { child, ended: new Promise((resolve) => child.on("close", (code) => resolve({ ...ended, code }))) };
}

function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const connection = connect(port, "127.0.0.1", () => connection.write("hello"));
    connection.on("data", (data) => (answer += data.toString())).on("end", () => resolve(answer)).on("error", reject);
  });
}

/** Process ids of the forwarders that the running entry started. */
function forwarders(of: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/stat`, "utf8").split(") ")[1]!.split(" ")[1] === String(of) && readlinkSync(`/proc/${name}/exe`).includes("socat");
      } catch {
        return false;
      }
    })
    .map(Number);
}

test("without sockets NanoClaw's own entrypoint runs in its place, with the request and its exit code", async () => {
  const ended = await start({ UPSTREAM_EXIT: "7" }, "the request").ended;
  expect(ended).toEqual({ code: 7, stdout: "upstream\nthe request", stderr: "" });
});

test("with sockets the entrypoint gets the request and gives its exit code too", async () => {
  await serve("api.sock");
  expect(await start({ UPSTREAM_EXIT: "7" }, "the request").ended).toEqual({ code: 7, stdout: "upstream\nthe request", stderr: "" });
});

test("each socket that is there answers at its port before the agent starts, and no other port listens", async () => {
  await serve("web.sock");
  await serve("git.sock");
  script("upstream", 'echo ready; sleep 60');
  const { child, ended } = start();
  await new Promise((resolve) => child.stdout.once("data", resolve));
  expect(await ask(ports.web)).toBe("from web.sock");
  expect(await ask(ports.git)).toBe("from git.sock");
  await expect(ask(ports.api)).rejects.toThrow(/ECONNREFUSED/);
  // As the end of a container does, whose first process has ended.
  child.once("exit", () => killGroup(child));
  child.kill("SIGTERM");
  expect((await ended).code).toBe(143);
});

test("a forwarder that ends, ends the run with a message that names its socket", async () => {
  await serve("web.sock");
  await serve("api.sock");
  script("upstream", 'echo ready; sleep 60');
  const { child, ended } = start();
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const found = forwarders(child.pid!);
  expect(found).toHaveLength(2);
  child.once("exit", () => killGroup(child));
  process.kill(found[0]!, "SIGKILL");
  const { code, stderr } = await ended;
  expect(code).toBe(69);
  expect(stderr).toMatch(/nanoclaw-entry: the forwarder to \S+\/(web|api)\.sock has ended/);
});

test.each([
  ["web.sock", "HTTPS_PROXY", "web", "nanoclaw-web.service"],
  ["api.sock", "ANTHROPIC_BASE_URL", "api", "nanoclaw-gateway.service"],
] as const)("a run whose %s is promised by %s and is missing fails at once and says where to look", async (socket, variable, port, unit) => {
  const { code, stdout, stderr } = await start({ [variable]: `http://127.0.0.1:${ports[port]}` }).ended;
  expect([code, stdout]).toEqual([69, ""]);
  expect(stderr).toContain(`there is no ${directory}/egress/${socket}`);
  expect(stderr).toContain(`systemctl status ${unit}`);
});

test("a socket that nobody listens at any more fails the run at once and names the host's unit", async () => {
  script("upstream", "echo started");
  // Killed, so that it leaves its socket behind.
  spawnSync(process.execPath, ["-e", 'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))', join(directory, "egress/api.sock")]);
  const { code, stdout, stderr } = await start().ended;
  expect([code, stdout]).toEqual([69, ""]);
  expect(stderr).toMatch(/nobody answers at \S+api\.sock.*systemctl status nanoclaw-gateway\.service/);
});

test("the compilation is skipped for the source that the image was built with, and for no other", async () => {
  script("lib/compiled-entrypoint", "echo compiled; cat");
  mkdirSync(join(directory, "lib/src"));
  for (const place of ["lib/src", "app/src"]) writeFileSync(join(directory, place, "index.ts"), "export {};\n");
  expect((await start({}, "x").ended).stdout).toBe("compiled\nx");
  writeFileSync(join(directory, "app/src/index.ts"), "export { };\n");
  expect((await start({}, "x").ended).stdout).toBe("upstream\nx");
  writeFileSync(join(directory, "app/src/index.ts"), "export {};\n");
  writeFileSync(join(directory, "app/src/more.ts"), "");
  expect((await start({}, "x").ended).stdout).toBe("upstream\nx");
});
