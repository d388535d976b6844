import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import type { GuardPolicy } from "../../contract/policy.ts";
import { POLICY_PATTERNS as P } from "../../contract/policyPatterns.ts";
import { Refusal } from "./refusal.ts";

/** Reads and validates the policy. `strict`: it must belong to root and be writable by nobody else. @throws Refusal */
export function readPolicy(path: string, strict: boolean): GuardPolicy {
  let text: string;
  try {
    const fd = openSync(path, "r");
    try {
      const stat = fstatSync(fd);
      if (strict && (stat.uid !== 0 || (stat.mode & 0o022) !== 0)) {
        throw new Refusal("policy-owner", path, "a file of root's that nobody else may write", `owner ${stat.uid}, mode ${(stat.mode & 0o777).toString(8)}`, "run `pulumi up`: the guard step writes it");
      }
      text = readFileSync(fd, "utf8");
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal("policy-unreadable", path, "the guard's policy", (error as NodeJS.ErrnoException).code ?? "an error", "run `pulumi up`: the guard step writes it");
  }
  return parsePolicy(text, path);
}

/** Validates a policy's text, as strictly as the Zod schema in contract/policy.ts. @throws Refusal */
export function parsePolicy(text: string, path: string): GuardPolicy {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const problem = policy(value, "");
  if (problem !== undefined) throw new Refusal("policy-invalid", `${path}${problem.at}`, problem.wanted, problem.given, "run `pulumi up`; to look for yourself: npm run -s guard -- check --policy FILE -- info");
  return value as GuardPolicy;
}

interface Problem {
  readonly at: string;
  readonly wanted: string;
  readonly given: string;
}

/** Checks a value that stands at a place; undefined when it is right. */
type Check = (value: unknown, at: string) => Problem | undefined;

const wrong = (at: string, wanted: string, value: unknown): Problem => ({ at, wanted, given: JSON.stringify(value)?.slice(0, 80) ?? "nothing" });
const test = (wanted: string, right: (value: unknown) => boolean): Check => (value, at) => (right(value) ? undefined : wrong(at, wanted, value));
const text = (pattern: RegExp, wanted: string): Check => test(wanted, (value) => typeof value === "string" && pattern.test(value));
const length = (least: number, most: number): Check => test(`a text of ${least} to ${most} characters`, (value) => typeof value === "string" && value.length >= least && value.length <= most);
const whole = (least: number, most: number): Check => test(`a whole number, ${least} to ${most}`, (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most);
const number = (least: number, most: number): Check => test(`a number, ${least} to ${most}`, (value) => typeof value === "number" && value >= least && value <= most);
const boolean = test("true or false", (value) => typeof value === "boolean");
const oneOf = (...words: readonly unknown[]): Check => test(`one of ${words.join(", ")}`, (value) => words.includes(value));
const orNull = (check: Check): Check => (value, at) => (value === null ? undefined : check(value, at));
const list = (check: Check, least: number, most: number): Check => (value, at) => {
  if (!Array.isArray(value) || value.length < least || value.length > most) return wrong(at, `a list of ${least} to ${most}`, value);
  for (const [index, one] of value.entries()) {
    const problem = check(one, `${at}[${index}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
};
const object = (shape: Readonly<Record<string, Check>>): Check => (value, at) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong(at, "an object", value);
  const extra = Object.keys(value).find((key) => !Object.hasOwn(shape, key));
  if (extra !== undefined) return { at, wanted: `only ${Object.keys(shape).join(", ")}`, given: extra };
  for (const [key, check] of Object.entries(shape)) {
    const problem = check(Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined, `${at}.${key}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
};

const path = text(P.absolutePath, "an absolute path without : , \" \\");
const name = text(P.name, "a name of letters, digits, _ and -");
const environmentName = text(P.environmentName, "a variable's name");
const bytes = whole(1 << 20, 2 ** 50);
const limits = object({ memoryBytes: bytes, cpus: number(0.01, 1024), pids: whole(16, 1 << 20) });
const rule = length(1, 200);
const slice = text(P.slice, "a slice's name");
const role = object({
  name,
  folders: list(text(P.folder, "a folder, with * at its end or not"), 1, 64),
  network: oneOf("open", "allowlist", "api-only", "none"),
  gitRepositories: list(text(P.gitRepository, "HOST/PATH"), 0, 64),
  secrets: list(environmentName, 0, 64),
  placeholders: list(environmentName, 0, 64),
  project: boolean,
  globalWrite: boolean,
  workspace: oneOf("bind", "copy"),
  limits: orNull(limits),
  permissions: object({ bypass: boolean, allow: list(rule, 0, 200), deny: list(rule, 0, 200), scrubEnvironment: list(environmentName, 0, 64) }),
});
const policy = object({
  version: oneOf(1),
  profile: name,
  install: text(P.install, "8 hex digits"),
  podman: path,
  root: path,
  release: orNull(path),
  images: list(text(P.image, "NAME:TAG"), 1, 32),
  containers: whole(1, 256),
  slice,
  buildSlice: slice,
  limits,
  tmpfs: object({ tmpBytes: bytes, homeBytes: bytes, varTmpBytes: bytes, runBytes: bytes, shmBytes: bytes }),
  log: object({ driver: oneOf("none", "k8s-file"), maxBytes: bytes }),
  hardening: object({ user: boolean, readOnly: boolean, capDrop: boolean, noNewPrivileges: boolean, memory: boolean, cpus: boolean, pids: boolean, slice: boolean, mounts: boolean, secrets: boolean }),
  projectShadows: list(text(P.relativePath, "a path below the root"), 0, 32),
  agentSource: oneOf("ro", "copy", "rw"),
  environment: list(text(P.environmentPattern, "a variable's name, with * at its end or not"), 0, 128),
  stdinMembers: list(text(P.member, "a member's name"), 0, 64),
  stdinMaxBytes: bytes,
  blockedPatterns: list(length(2, 64), 0, 64),
  extraMounts: list(object({ path, access: oneOf("ro", "rw"), roles: list(name, 1, 16) }), 0, 64),
  copy: object({ maxBytes: bytes, maxFiles: whole(1, 10_000_000) }),
  roles: list(role, 1, 32),
  egress: object({ directory: path, credential: oneOf("ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"), caBundle: path }),
  build: object({ network: oneOf("open", "none"), memoryBytes: bytes }),
  journalSocket: path,
});
