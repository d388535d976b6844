import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { decideOn, policyWith, runOf } from "./testPolicy.ts";

const directory = mkdtempSync(join(tmpdir(), "guard-stdin-"));
afterAll(() => rmSync(directory, { recursive: true }));

const secrets = { ANTHROPIC_API_KEY: "key-1", GITHUB_TOKEN: "git-1", OPENROUTER_API_KEY: "or-1", UNHEARD_OF: "x" };
const stdinFor = (folder: string, more: object = {}): string => JSON.stringify({ prompt: "hi", groupFolder: folder, chatJid: "1@g.us", isMain: folder === "main", secrets, ...more });
const secretsSeen = (folder: string, policy = policyWith()): unknown => (JSON.parse(decideOn(policy, runOf(folder), stdinFor(folder)).stdin!) as { secrets: unknown }).secrets;

test("each role gets the secrets that the policy names for it and no others", () => {
  expect(secretsSeen("main")).toEqual({ ANTHROPIC_API_KEY: "key-1", GITHUB_TOKEN: "git-1" });
  expect(secretsSeen("jarvis-worker-2")).toEqual({ ANTHROPIC_API_KEY: "key-1", GITHUB_TOKEN: "git-1", OPENROUTER_API_KEY: "or-1" });
  expect(secretsSeen("family")).toEqual({ ANTHROPIC_API_KEY: "key-1" });
});

test("a name that only resembles a trusted lane's is untrusted", () => {
  for (const folder of ["jarvis-worke", "Jarvis-worker-1", "andy-developer2", "main2", "MAIN"]) expect(secretsSeen(folder)).toEqual({ ANTHROPIC_API_KEY: "key-1" });
});

test("a secret that a proxy adds is replaced by a placeholder", () => {
  expect(secretsSeen("family", policyWith({ roles: { untrusted: { placeholders: ["ANTHROPIC_API_KEY"] } } }))).toEqual({ ANTHROPIC_API_KEY: "placeholder" });
});

test("dropped secrets are counted", () => {
  expect(decideOn(policyWith(), runOf("family"), stdinFor("family")).reason).toContain("secrets: ANTHROPIC_API_KEY, dropped: 3");
});

test("everything else on stdin arrives as it was", () => {
  const more = { sessionId: "s-1", isScheduledTask: true, assistantName: "Andy", prompt: "é\u2028\u0000\"'\\ 😀" };
  expect(JSON.parse(decideOn(policyWith(), runOf("family"), stdinFor("family", more)).stdin!)).toEqual({ ...(JSON.parse(stdinFor("family", more)) as object), secrets: { ANTHROPIC_API_KEY: "key-1" } });
});

test.each([
  ["stdin-json", "not json"],
  ["stdin-json", "[1]"],
  ["stdin-json", '"text"'],
  ["stdin-json", "null"],
  ["stdin-json", '{"prompt":"a"}{"prompt":"b"}'],
  ["stdin-json", '{"prompt":"a","secrets":["GITHUB_TOKEN"]}'],
  ["stdin-json", '{"prompt":"a","groupFolder":1}'],
  ["stdin-json", '{"groupFolder":"family","isMain":1}'],
  ["stdin-json", '{"groupFolder":"family","isMain":"true"}'],
  ["stdin-json", '{"groupFolder":"family","isMain":null}'],
  ["stdin-member", '{"prompt":"a","env":{"GITHUB_TOKEN":"x"}}'],
  ["stdin-member", '{"prompt":"a","__proto__":{"secrets":{}}}'],
  ["group-mixed", '{"groupFolder":"main"}'],
  ["role-project", '{"isMain":true}'],
])("refused as %s: %s", (rule, stdin) => {
  expect(decideOn(policyWith(), runOf("family"), stdin)).toMatchObject({ allowed: false, rule, stdin: null });
});

test("a run without mounts has the role of stdin's group only under that group's name", () => {
  const run = (name: string): string[] => ["run", "-i", "--name", name, "nanoclaw-agent:latest"];
  expect(decideOn(policyWith(), run("nanoclaw-other-1"), stdinFor("main"))).toMatchObject({ allowed: false, rule: "group-mixed" });
  expect(decideOn(policyWith(), run("nanoclaw-main-1"), stdinFor("main"))).toMatchObject({ allowed: true, stdin: expect.stringContaining("git-1") });
});

test("a duplicate member cannot bring a secret in twice", () => {
  const decision = decideOn(policyWith(), runOf("family"), '{"groupFolder":"family","secrets":{},"secrets":{"GITHUB_TOKEN":"git-1"}}');
  expect(decision.stdin).toBe('{"groupFolder":"family","secrets":{}}');
});

test("nothing on stdin stays nothing, and without -i nothing is read", () => {
  expect(decideOn(policyWith(), runOf("family"), "").stdin).toBe("");
  expect(decideOn(policyWith(), runOf("family").filter((word) => word !== "-i"), "not json").stdin).toBe(null);
});

const reader = join(directory, "reader.ts");
writeFileSync(
  reader,
  `import { readStdin, replaceStdin } from ${JSON.stringify(new URL("./stdin.ts", import.meta.url).href)};
const text = readStdin(64 * 2 ** 20);
replaceStdin(text.toUpperCase(), ${JSON.stringify(directory)});
process.execve("/bin/cat", ["cat"], {});
`,
);

test("3 MB on stdin reach the program that takes the guard's place whole, and no file is left", () => {
  const text = "abcdefghi\n".repeat(300_000);
  const { stdout, status } = spawnSync(process.execPath, [reader], { input: text, maxBuffer: 2 ** 24, encoding: "utf8" });
  expect(status).toBe(0);
  expect(stdout === text.toUpperCase()).toBe(true);
  expect(readdirSync(directory)).toEqual(["reader.ts"]);
});

test("more on stdin than the policy allows is refused", () => {
  const { stderr, status } = spawnSync(process.execPath, [reader], { input: Buffer.alloc(65 * 2 ** 20, "a"), encoding: "utf8" });
  expect(status).not.toBe(0);
  expect(stderr).toContain("stdin: wanted at most 67108864 bytes; got more. Remedy:");
});

test("a writer that takes its time is waited for", async () => {
  const child = spawn(process.execPath, [reader], { stdio: ["pipe", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.write("first ");
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.stdin.end("second");
  await new Promise((resolve) => child.on("close", resolve));
  expect(output).toBe("FIRST SECOND");
});
