import { accessSync, constants, statSync } from "node:fs";
import { userInfo } from "node:os";
import { Refusal } from "./refusal.ts";

/** Loaded only where a child is needed: most calls end in execve, and every millisecond of start-up counts. */
const childProcess = (): typeof import("node:child_process") => process.getBuiltinModule("node:child_process");

/**
 * The whole environment that podman gets: nothing of the caller's, so no CONTAINER_HOST, DOCKER_HOST, CONTAINERS_CONF,
 * proxy or loader variable reaches it. `secrets` are variables that `--env NAME` takes over into the container.
 */
export function podmanEnvironment(secrets: Readonly<Record<string, string>> = {}): Record<string, string> {
  const { uid, homedir } = userInfo();
  return {
    ...secrets,
    HOME: homedir,
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    XDG_RUNTIME_DIR: runtimeDirectory(uid),
    DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtimeDirectory(uid)}/bus`,
  };
}

/** systemd's directory for a user's sockets and short-lived files; it is in memory. */
export function runtimeDirectory(uid: number): string {
  return `/run/user/${uid}`;
}

/** Asked before a decision is recorded: execve of what cannot be executed would end this process without a word. @throws Refusal */
export function checkPodman(path: string): void {
  try {
    if (!statSync(path).isFile()) throw Object.assign(new Error(), { code: "not a file" });
    accessSync(path, constants.X_OK);
  } catch (error) {
    throw new Refusal("podman", path, "a program that can be run", (error as NodeJS.ErrnoException).code ?? "an error", "run `pulumi up`: the podman step installs it");
  }
}

/** Puts podman in this process's place: same pid, same descriptors, its exit status. Never returns. */
export async function become(podman: string, argv: readonly string[], environment: Record<string, string>): Promise<never> {
  if (typeof process.execve === "function") process.execve(podman, ["podman", ...argv], environment);
  return process.exit(await runThrough(podman, argv, environment)); // Node before 22.15
}

/** Runs podman as a child with our descriptors and signals; resolves to the exit status as a shell gives it. */
export function runThrough(podman: string, argv: readonly string[], environment: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = childProcess().spawn(podman, argv, { argv0: "podman", env: environment, stdio: "inherit" });
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"] as const) process.on(signal, () => child.kill(signal));
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? (signal === "SIGKILL" ? 137 : 143)));
  });
}

/** Runs podman and gives what it printed; its complaints go to our stderr. */
export function capture(podman: string, argv: readonly string[], environment: Record<string, string>): { status: number; output: string } {
  const { status, stdout } = childProcess().spawnSync(podman, argv, { argv0: "podman", env: environment, stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 26, encoding: "utf8" });
  return { status: status ?? 125, output: stdout };
}
