import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PlainConnection } from "../components/machine/index.ts";
import { scriptAsRoot, sshCommand } from "../components/sshCommand.ts";

/**
 * `make status|chat|logs|shell`: one command on the hosts of a stack, over the connections that the stack knows.
 *
 *   node scripts/on-host.ts <status|chat|logs|shell>      STACK, HOST and MESSAGE come from the environment
 */
interface Login extends PlainConnection {
  sudoPassword?: string;
}

const root = join(import.meta.dirname, "..");
const stack = process.env["STACK"] ?? "dev";
const onlyHost = process.env["HOST"];

function fail(field: string, wanted: string, given: string, remedy: string): never {
  console.error(`error: ${field}: wanted ${wanted}; got ${given}. Remedy: ${remedy}`);
  process.exit(1);
}

function logins(): [string, Login][] {
  let text: string;
  try {
    text = execFileSync("pulumi", ["stack", "output", "logins", "--stack", stack, "--show-secrets", "--json"], { stdio: ["ignore", "pipe", "ignore"] }).toString();
  } catch {
    fail("STACK", "a stack that has been brought up", stack, `run \`${stack === "dev" ? "make up" : `pulumi up --stack ${stack}`}\` first`);
  }
  const all = Object.entries(JSON.parse(text) as Record<string, Login>);
  const chosen = all.filter(([name]) => onlyHost === undefined || name === onlyHost);
  if (chosen.length === 0) fail("HOST", `one of ${all.map(([name]) => name).join(", ")}`, String(onlyHost), "name a host of this stack");
  return chosen;
}

/** Runs `ssh` with our terminal; resolves to its exit code. `input`, when given, is its stdin. */
function ssh(login: Login, options: string[], remote: string[], input?: string): Promise<number> {
  const { args, cleanUp } = sshCommand(login);
  return new Promise<number>((resolve) => {
    const child = spawn("ssh", [...options, ...args, ...remote], { stdio: [input === undefined ? "inherit" : "pipe", "inherit", "inherit"] });
    if (input !== undefined) child.stdin?.end(input);
    child.on("close", (code) => resolve(code ?? 1));
  }).finally(cleanUp);
}

const sudo = (login: Login): string => (login.user === "root" ? "" : "sudo ");

const commands: Record<string, (login: Login) => Promise<number>> = {
  status(login) {
    const script = readFileSync(join(root, "host", "status", "status.sh"), "utf8");
    return ssh(login, [], [scriptAsRoot(login.user, login.sudoPassword)], login.sudoPassword === undefined ? script : `${login.sudoPassword}\n${script}`);
  },
  chat: (login) => ssh(login, [], [`${sudo(login)}/opt/nanoclaw/node/current/bin/node /opt/nanoclaw/lib/chat.cjs`], process.env["MESSAGE"]),
  logs: (login) => ssh(login, ["-t"], [`${sudo(login)}journalctl -u nanoclaw.service -n 100 -f`]),
  shell: (login) => ssh(login, ["-t"], []),
};

const [name = ""] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) fail("command", Object.keys(commands).join(", "), JSON.stringify(name), "see `make help`");
let worst = 0;
for (const [host, login] of logins()) {
  if (name === "status") console.log(`\n${host} (${login.user}@${login.host}:${login.port})`);
  const code = await command(login);
  if (code === 255) fail(host, "a host that answers over SSH", "none", "check that the machine is on; for a local VM run `make up`, which starts it");
  worst = Math.max(worst, code);
}
process.exit(worst);
