import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { pluginInUse, Project, toolchainIsHere } from "./engine.ts";
import { PROGRAM } from "./program.ts";
import { freePort } from "../e2e/lib/freePort.ts";
import { makeKey, sshdIsHere, startAgent, startSshd } from "./sshServers.ts";
import type { SshServer } from "./sshServers.ts";

const ready = toolchainIsHere && sshdIsHere;
const needs = ready ? "" : " (skipped: needs toolchain/setup.sh and toolchain/setup.sh test-packages)";

describe.runIf(ready)(`the command plugin, here ${pluginInUse()}${needs}`, { concurrent: true }, () => {
  const directory = mkdtempSync(join(tmpdir(), "conformance-"));
  let server: SshServer;
  let bastion: SshServer;
  let projects = 0;

  const key = () => readFileSync(join(directory, "key"), "utf8");
  const connection = (over: object = {}) => ({
    host: "127.0.0.1",
    port: server.port,
    user: userInfo().username,
    privateKey: key(),
    hostKey: server.hostKey,
    dialErrorLimit: 0,
    ...over,
  });
  const remote = (args: object = {}, over: object = {}) => ({ type: "remote", connection: connection(over), ...args });
  const project = async () => {
    const at = new Project(join(directory, `project${++projects}`), PROGRAM);
    await at.init();
    const log = join(at.directory, "ran");
    /** A command that leaves a line behind, and the lines that were left so far. */
    const note = (line: string) => `echo '${line}' >>'${log}'`;
    const ran = () => (existsSync(log) ? readFileSync(log, "utf8").split("\n").filter(Boolean) : []);
    return { at, note, ran };
  };

  beforeAll(async () => {
    makeKey(join(directory, "key"));
    makeKey(join(directory, "stranger"));
    makeKey(join(directory, "locked"), "open sesame");
    const allowed = readFileSync(join(directory, "key.pub"), "utf8") + readFileSync(join(directory, "locked.pub"), "utf8");
    server = await startSshd(join(directory, "server"), allowed);
    bastion = await startSshd(join(directory, "bastion"), allowed);
  });
  afterAll(() => {
    server?.stop();
    bastion?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test("a remote command is created, updated in place, replaced by a trigger and deleted, and an unchanged one does nothing", async () => {
    const { at, note, ran } = await project();
    const command = (over: object) => ({ it: remote({ create: note("create"), update: note("update"), delete: note("delete"), ...over }) });
    await at.up(command({}));
    expect(ran()).toEqual(["create"]);
    const unchanged = await at.up(command({}));
    expect(unchanged.text).toContain("2 unchanged");
    await at.up(command({ create: note("other create") }));
    expect(ran()).toEqual(["create", "update"]);
    await at.up(command({ create: note("other create"), stdin: "x" }));
    expect(ran()).toEqual(["create", "update", "update"]);
    await at.up(command({ create: note("other create"), stdin: "x", triggers: [1] }));
    expect(ran()).toEqual(["create", "update", "update", "other create", "delete"]);
    await at.destroy();
    expect(ran().slice(5)).toEqual(["delete"]);
  });

  test("without an update text, create runs again", async () => {
    const { at, note, ran } = await project();
    await at.up({ it: remote({ create: note("first") }) });
    await at.up({ it: remote({ create: note("second") }) });
    expect(ran()).toEqual(["first", "second"]);
  });

  test("a secret on stdin reaches the command and is not readable in state, nor is the private key", async () => {
    const { at } = await project();
    await at.up({ it: remote({ create: `cat >'${directory}/stdin'`, secretStdin: "only between us" }) });
    expect(readFileSync(join(directory, "stdin"), "utf8")).toBe("only between us");
    const state = await at.state();
    expect(state).not.toContain("only between us");
    expect(state).not.toContain(key().split("\n")[1]);
  });

  test("the output of the last run is in the next one's environment unless it is switched off", async () => {
    const { at } = await project();
    const show = 'echo "[$PULUMI_COMMAND_STDOUT|$PULUMI_COMMAND_STDERR|$TEST_GIVEN]"';
    const args = { create: "echo out; echo err >&2", update: show, environment: { TEST_GIVEN: "given" } };
    await at.up({ on: remote(args), off: remote({ ...args, addPreviousOutputInEnv: false }) });
    await at.up({ on: remote({ ...args, stdin: "x" }), off: remote({ ...args, addPreviousOutputInEnv: false, stdin: "x" }) });
    expect(await at.outputs()).toMatchObject({ on: { stdout: "[out|err|given]" }, off: { stdout: "[||given]" } });
  });

  test("a failing command is an error that shows the exit code and stderr, and is tried again by the next up", async () => {
    const { at, note, ran } = await project();
    const failed = await at.up({ it: remote({ create: `${note("tried")}; echo sorry >&2; exit 7` }) });
    expect(failed.code).not.toBe(0);
    expect(failed.text).toContain("Process exited with status 7");
    expect(failed.text).toContain("sorry");
    await at.up({ it: remote({ create: note("again") }) });
    expect(ran()).toEqual(["tried", "again"]);
  });

  test("logging decides what is shown, not what is kept", async () => {
    const { at } = await project();
    const create = "echo to-$((1))-out; echo to-$((1))-err >&2";
    const whileRunning = (text: string) => text.split("Outputs:")[0];
    expect(whileRunning((await at.up({ it: { type: "local", create, logging: "none" } })).text)).not.toContain("to-1");
    expect(await at.outputs()).toMatchObject({ it: { stdout: "to-1-out", stderr: "to-1-err" } });
    const stderr = whileRunning((await at.up({ it: { type: "local", create, logging: "stderr" } })).text);
    expect(stderr).toContain("to-1-err");
    expect(stderr).not.toContain("to-1-out");
  });

  test("a server with another host key is refused, and so is a key that the server does not know", async () => {
    const { at, note, ran } = await project();
    const other = readFileSync(join(directory, "stranger.pub"), "utf8").trim();
    const wrongHost = await at.up({ it: remote({ create: note("never") }, { hostKey: other }) });
    expect(wrongHost.text).toMatch(/host key mismatch/);
    const wrongKey = await at.up({ it: remote({ create: note("never") }, { privateKey: readFileSync(join(directory, "stranger"), "utf8") }) });
    expect(wrongKey.text).toMatch(/unable to authenticate/);
    expect(ran()).toEqual([]);
  });

  test("a key that cannot be read is an error that does not print it", async () => {
    const { at, note } = await project();
    const broken = await at.up({ it: remote({ create: note("never") }, { privateKey: "-----BEGIN NONSENSE-----\nabcdef\n" }) });
    expect(broken.code).not.toBe(0);
    expect(broken.text).not.toContain("abcdef");
  });

  test("an encrypted private key opens with its password", async () => {
    const { at, note, ran } = await project();
    const locked = { privateKey: readFileSync(join(directory, "locked"), "utf8") };
    const done = await at.up({ it: remote({ create: note("opened") }, { ...locked, privateKeyPassword: "open sesame" }) });
    expect(done.code, done.text).toBe(0);
    const shut = await at.up({ it: remote({ create: note("never") }, { ...locked, privateKeyPassword: "wrong" }) });
    expect(shut.code).not.toBe(0);
    expect(ran()).toEqual(["opened"]);
  });

  test("an address where nobody listens is given up after as many failures as are allowed", async () => {
    const { at, note } = await project();
    const gone = await at.up({ it: remote({ create: note("never") }, { port: await freePort(), dialErrorLimit: 2 }) });
    expect(gone.text).toContain("after 2 failed attempts");
  });

  test("a bastion is passed through, with its own host key", async () => {
    const { at, note, ran } = await project();
    const proxy = { host: "127.0.0.1", port: bastion.port, user: userInfo().username, privateKey: key(), hostKey: bastion.hostKey, dialErrorLimit: 0 };
    const done = await at.up({ it: remote({ create: note("beyond") }, { proxy }) });
    expect(done.code, done.text).toBe(0);
    expect(ran()).toEqual(["beyond"]);
    expect(bastion.log()).toContain("Accepted publickey");
    const refused = await at.up({ it: remote({ create: note("never") }, { proxy: { ...proxy, hostKey: server.hostKey } }) });
    expect(refused.text).toMatch(/proxy: .*host key mismatch/);
  });

  test("without a key the agent that SSH_AUTH_SOCK names logs in, at a bastion too, and in a session with another socket nothing changes", async () => {
    const { at, note, ran } = await project();
    const agents = await Promise.all(["a", "b"].map((name) => startAgent(join(directory, `agent-${name}`), join(directory, "key"))));
    const keyless = { privateKey: undefined, proxy: { host: "127.0.0.1", port: bastion.port, user: userInfo().username, hostKey: bastion.hostKey, dialErrorLimit: 0 } };
    const input = { it: remote({ create: note("by agent") }, keyless) };
    const [first, second] = [await at.up(input, { agent: agents[0]!.socket }), await at.up(input, { agent: agents[1]!.socket })];
    agents.forEach((agent) => agent.stop());
    expect(first.code, first.text).toBe(0);
    expect(second.text).toContain("2 unchanged");
    expect(ran()).toEqual(["by agent"]);
    expect(await at.state()).not.toContain(agents[0]!.socket);
  });

  test("a file, a text and a directory are copied, and copied again only when their content changed", async () => {
    const { at } = await project();
    const [source, target] = [join(directory, "source"), join(directory, "target")];
    mkdirSync(join(source, "inner"), { recursive: true });
    writeFileSync(join(source, "inner/a"), "one");
    writeFileSync(join(directory, "single"), "file");
    const copy = (args: object) => ({ type: "copy", connection: connection(), ...args });
    const all = () => ({
      file: copy({ file: join(directory, "single"), remotePath: join(target, "deep/file") }),
      text: copy({ text: "hello", remotePath: join(target, "text") }),
      directory: copy({ directory: source, remotePath: join(target, "tree") }),
    });
    const first = await at.up(all());
    expect(first.code, first.text).toBe(0);
    const copied = () => ["deep/file", "text", "tree/source/inner/a"].map((path) => readFileSync(join(target, path), "utf8"));
    expect(copied()).toEqual(["file", "hello", "one"]);
    expect((await at.up(all())).text).toContain("4 unchanged");
    writeFileSync(join(source, "inner/a"), "two");
    expect((await at.up(all())).text).toContain("1 updated");
    expect(copied()).toEqual(["file", "hello", "two"]);
    // A copy that was lost comes again by a trigger only.
    rmSync(target, { recursive: true });
    expect((await at.up(all())).text).toContain("4 unchanged");
    const again = Object.fromEntries(Object.entries(all()).map(([name, args]) => [name, { ...args, triggers: [1] }]));
    expect((await at.up(again)).code).toBe(0);
    expect(copied()).toEqual(["file", "hello", "two"]);
  });

  test("a local command has its directory, interpreter and files, and run happens every time", async () => {
    const { at, note, ran } = await project();
    const dir = join(directory, "made");
    mkdirSync(dir);
    const input = {
      it: { type: "local", dir, interpreter: ["/bin/bash", "-c"], create: "echo ${BASH_VERSION:0:1}; mkdir -p x; touch x/a.txt x/secret.txt b.md", assetPaths: ["x/**", "!**secret*"] },
      run: { type: "run", command: `${note("run")}; echo ran` },
    };
    const done = await at.up(input);
    expect(done.code, done.text).toBe(0);
    expect(await at.outputs()).toMatchObject({ it: { stdout: "5", assets: ["x/a.txt"] }, run: "ran" });
    await at.up(input);
    expect(ran()).toEqual(["run", "run"]);
  });

  test.for(["local", "remote"])("an interrupted up ends the %s command that runs, and the next up can begin", async (type) => {
    const { at, note, ran } = await project();
    const command = (create: string) => ({ it: { ...remote({ create }), type } });
    const slow = `${note("began")}; sleep 300; ${note("never")}`;
    const stopped = await at.up(command(slow), { interruptOn: () => ran().length > 0 });
    expect(stopped.code).not.toBe(0);
    const after = await at.up(command(note("next")));
    expect(after.code, after.text).toBe(0);
    expect(ran()).toEqual(["began", "next"]);
  });
});

test.runIf(!ready)(`the command plugin behaves as 1.2.1${needs}`, (context) => context.skip());
