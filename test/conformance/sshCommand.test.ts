import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { PlainConnection } from "../../components/machine/index.ts";
import { runScript } from "../../components/remoteScript.ts";
import { makeKey, sshdIsHere, startAgent, startSshd, type SshServer } from "./sshServers.ts";

/** What `make` commands and the drift probe run, against OpenSSH's own servers: operator → bastion → host. */
describe.runIf(sshdIsHere)("a script over ssh", () => {
  const directory = mkdtempSync(join(tmpdir(), "ssh-command-"));
  const agentBefore = process.env["SSH_AUTH_SOCK"];
  let host: SshServer;
  let bastion: SshServer;

  const at = ({ port, hostKey }: SshServer) => ({ host: "127.0.0.1", port, user: userInfo().username, hostKey });
  const key = () => ({ privateKey: readFileSync(join(directory, "key"), "utf8") });
  const through = (login: Pick<PlainConnection, "privateKey" | "agent">): PlainConnection => ({ ...at(host), ...login, proxy: { ...at(bastion), ...login } });
  const accepted = ({ log }: SshServer) => log().match(/Accepted publickey/g)?.length ?? 0;

  beforeAll(async () => {
    makeKey(join(directory, "key"));
    const allowed = readFileSync(join(directory, "key.pub"), "utf8");
    host = await startSshd(join(directory, "host"), allowed);
    bastion = await startSshd(join(directory, "bastion"), allowed);
  });
  afterEach(() => {
    if (agentBefore === undefined) delete process.env["SSH_AUTH_SOCK"];
    else process.env["SSH_AUTH_SOCK"] = agentBefore;
  });
  afterAll(() => {
    host?.stop();
    bastion?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test("reaches the host through a bastion, with the one key for both", async () => {
    const before = [accepted(bastion), accepted(host)];
    expect(await runScript(through(key()), "echo through")).toEqual({ output: "through\n" });
    expect([accepted(bastion), accepted(host)]).toEqual(before.map((count) => count + 1));
  });

  test("does not pass a bastion that shows another host key", async () => {
    const { proxy, ...rest } = through(key());
    const before = accepted(host);
    expect(await runScript({ ...rest, proxy: { ...proxy!, hostKey: host.hostKey } }, "echo never")).toEqual({ unreachable: expect.stringMatching(/exit code 255/) });
    expect(accepted(host)).toBe(before);
  });

  test("logs in by the agent that SSH_AUTH_SOCK names at that time, and not at all without one", async () => {
    const login = through({ agent: true });
    for (const name of ["a", "b"]) {
      const agent = await startAgent(join(directory, `agent-${name}`), join(directory, "key"));
      process.env["SSH_AUTH_SOCK"] = agent.socket;
      expect(await runScript(login, "echo by agent")).toEqual({ output: "by agent\n" });
      agent.stop();
    }
    delete process.env["SSH_AUTH_SOCK"];
    expect(await runScript(login, "echo never")).toEqual({ unreachable: expect.stringMatching(/exit code 255/) });
  });

  test("asks no agent where the login is not said to have one", async () => {
    const agent = await startAgent(join(directory, "agent-c"), join(directory, "key"));
    process.env["SSH_AUTH_SOCK"] = agent.socket;
    expect(await runScript(through({}), "echo never")).toEqual({ unreachable: expect.stringMatching(/exit code 255/) });
    agent.stop();
  });
});
