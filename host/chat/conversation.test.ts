import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nanoclawContract } from "../../contract/nanoclaw.ts";
import { Conversation } from "./conversation.ts";
import { keepSession, readSession } from "./session.ts";

const contract = nanoclawContract("1.1.6");
const path = process.env["PATH"];
let root: string;
let texts: string[];
let lines: string[];
let sessions: string[];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nanoclaw-chat-"));
  mkdirSync(join(root, "container", "agent-runner", "src"), { recursive: true });
  process.env["PATH"] = `${resolve(import.meta.dirname, "../../test/standins/agent-docker")}:${path}`;
  [texts, lines, sessions] = [[], [], []];
});
afterEach(() => {
  process.env["PATH"] = path;
  rmSync(root, { recursive: true, force: true });
});

function conversation(sessionId?: string): Conversation {
  return new Conversation({
    contract, root, group: "main", sessionId, timeoutSeconds: 60,
    onText: (text) => texts.push(text), onLine: (line) => lines.push(line), onSession: (session) => sessions.push(session),
  });
}
const container = (text: string | undefined) => text?.split(":")[0];

describe("a conversation", () => {
  it("keeps the container of the first message for the following ones", async () => {
    const talk = conversation();
    expect(await talk.say("one")).toBeUndefined();
    expect(await talk.say("two")).toBeUndefined();
    expect((await talk.end())?.exitCode).toBe(0);
    expect(texts.map((text) => text.split(": ")[1])).toEqual(["one", "two"]);
    expect(container(texts[0])).toBe(container(texts[1]));
    expect(lines).toEqual(["[agent] works on one", "[agent] works on two"]);
    expect(sessions).toEqual(["session-1", "session-1"]);
  });
  it("goes on with its session in another container, when the first has ended", async () => {
    const talk = conversation("session-7");
    await talk.say("one");
    await talk.end();
    await talk.say("two");
    await talk.end();
    expect(container(texts[0])).not.toBe(container(texts[1]));
    expect(sessions).toEqual(["session-7", "session-7"]);
  });
  it("tells how a container ended that gave no answer, and starts another for the next message", async () => {
    const talk = conversation();
    expect(await talk.say("fail")).toMatchObject({ exitCode: 3, outputs: [], lastLines: ["[agent] works on fail"] });
    expect(await talk.say("again")).toBeUndefined();
    await talk.end();
  });
  it("stops a container that works when it is told to", async () => {
    const talk = conversation();
    const answer = talk.say("sleep");
    while (lines.length === 0) await new Promise((later) => setTimeout(later, 10));
    talk.abort();
    expect(await answer).toMatchObject({ stopped: "aborted" });
  });
  it("begins anew without the session", async () => {
    const talk = conversation("session-7");
    await talk.say("one");
    await talk.startAnew();
    await talk.say("two");
    await talk.end();
    expect(sessions).toEqual(["session-7", "session-1"]);
  });
});

describe("the session of a group", () => {
  it("is the last one of a chat, else the one that NanoClaw keeps, else none", async () => {
    expect(await readSession(root, contract, "main")).toBeUndefined();
    mkdirSync(join(root, "store"));
    const database = new DatabaseSync(join(root, "store", "messages.db"));
    database.exec("CREATE TABLE sessions (group_folder TEXT PRIMARY KEY, session_id TEXT); INSERT INTO sessions VALUES ('main', 'nanoclaw-1')");
    database.close();
    expect(await readSession(root, contract, "main")).toBe("nanoclaw-1");
    expect(await readSession(root, contract, "other")).toBeUndefined();
    keepSession(root, "main", "chat-2");
    expect(await readSession(root, contract, "main")).toBe("chat-2");
  });
  it("is the one of NanoClaw where that was used last, whatever else the agent left beside its records", async () => {
    mkdirSync(join(root, "store"));
    const database = new DatabaseSync(join(root, "store", "messages.db"));
    database.exec("CREATE TABLE sessions (group_folder TEXT PRIMARY KEY, session_id TEXT); INSERT INTO sessions VALUES ('main', 'nanoclaw-1')");
    database.close();
    keepSession(root, "main", "chat-2");
    const projects = join(root, "data/sessions/main/.claude/projects");
    mkdirSync(join(projects, "-workspace-group"), { recursive: true });
    mkdirSync(join(projects, "another"));
    const use = (session: string, seconds: number): void => {
      writeFileSync(join(projects, "-workspace-group", `${session}.jsonl`), "");
      utimesSync(join(projects, "-workspace-group", `${session}.jsonl`), seconds, seconds);
    };
    use("chat-2", 1000);
    use("nanoclaw-1", 2000);
    expect(await readSession(root, contract, "main")).toBe("nanoclaw-1");
    use("chat-2", 3000);
    expect(await readSession(root, contract, "main")).toBe("chat-2");
    writeFileSync(join(projects, "file"), "");
    expect(await readSession(root, contract, "main")).toBe("chat-2");
  });
  it("is none where the database is another's", async () => {
    mkdirSync(join(root, "store"));
    writeFileSync(join(root, "store", "messages.db"), "not a database, but long enough to be looked at as one");
    expect(await readSession(root, contract, "main")).toBeUndefined();
  });
});
