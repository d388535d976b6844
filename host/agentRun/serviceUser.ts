import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseEnvFile } from "./envFile.ts";

/** NanoClaw's root on every host: its state, and links to its code. */
export const stateRoot = "/var/lib/nanoclaw";
/** The PATH of the service: the guard's `docker` comes first. */
export const servicePath = "/opt/nanoclaw/bin:/opt/nanoclaw/node/current/bin:/usr/local/bin:/usr/bin:/bin";
const userName = "nanoclaw";
const environmentFile = "/etc/nanoclaw/nanoclaw.env";

/** The user that NanoClaw runs as, and what its service gives it. */
export interface ServiceUser {
  uid: number;
  gid: number;
  environment: Record<string, string>;
}

function entryOf(text: string, name: string): string[] | undefined {
  return text.split("\n").map((line) => line.split(":")).find((fields) => fields[0] === name);
}

/**
 * The service's user and its environment, as the unit has it, but for the word to the guard that it is not NanoClaw who calls. Nothing of the caller's own environment is in it.
 * @throws Error when the host has no such user, that is when it was never provisioned
 */
export function serviceUser(): ServiceUser {
  const fields = entryOf(readFileSync("/etc/passwd", "utf8"), userName);
  if (fields === undefined) {
    throw new Error(`user ${userName}: wanted it on this host; got none. Remedy: provision the host with \`pulumi up\` first`);
  }
  const [uid, gid, home] = [Number(fields[2]), Number(fields[3]), fields[5] ?? "/"];
  const base = {
    HOME: home,
    USER: userName,
    LOGNAME: userName,
    LC_ALL: "C.UTF-8",
    PATH: servicePath,
    XDG_RUNTIME_DIR: `/run/user/${uid}`,
    DBUS_SESSION_BUS_ADDRESS: `unix:path=/run/user/${uid}/bus`,
  };
  // NanoClaw stops containers that it did not start itself when it starts: the guard does not show it ours.
  return { uid, gid, environment: { ...base, ...readEnvironmentFile(), NANOCLAW_GUARD_CALLER: "operator" } };
}

function readEnvironmentFile(): Record<string, string> {
  try {
    return parseEnvFile(readFileSync(environmentFile, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

/**
 * Makes this process the service: its user, groups, environment and directory. For good; needs root, or to be that user.
 * @throws Error when run by somebody else
 */
export function becomeService(user: ServiceUser): void {
  const current = process.getuid?.();
  if (current === 0) {
    process.setgroups?.([user.gid]);
    process.setgid?.(user.gid);
    process.setuid?.(user.uid);
  } else if (current !== user.uid) {
    throw new Error(`user: wanted root or ${userName}; got uid ${String(current)}. Remedy: run it with sudo`);
  }
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, user.environment);
  process.umask(0o027);
  process.chdir(stateRoot);
}

/** Runs a command as the service user (from root), in `cwd`, and returns its stdout; throws with its stderr when it fails. */
export function asService(user: ServiceUser, command: string, args: string[], cwd = "/"): string {
  return execFileSync(command, args, {
    uid: user.uid,
    gid: user.gid,
    env: user.environment,
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 16 * 1024 * 1024,
  });
}
