import { Refusal } from "../../components/refusal.ts";
import { oneHost, type Stack } from "./stack.ts";
import { runOnHost } from "./ssh.ts";

/** Commands that are one session with a host: their own output is what the user sees. Values come from the environment. */

const node = "/opt/nanoclaw/node/current/bin/node";
const terminal = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true;
/** A program that the user ended with Ctrl-C has done what it was asked for. */
const interrupted = 130;

/** `make chat`: with MESSAGE one question, else a conversation on a terminal, else the question from stdin. GROUP, NEW=yes. */
export async function chat(stack: Stack): Promise<number> {
  const { MESSAGE: message, GROUP, NEW: anew } = process.env;
  const group = GROUP || "main"; // make exports what it was not given as nothing
  const argv = [node, "--disable-warning=ExperimentalWarning", "/opt/nanoclaw/lib/chat.cjs", "--group", group, ...(anew === "yes" ? ["--new"] : [])];
  return runOnHost(stack, oneHost(stack), { purpose: `run the agent of group ${group} in a container and show what it replies`, argv, terminal: message === undefined && terminal(), ...(message === undefined ? {} : { input: message }) });
}

/** `make pair`: WhatsApp's QR code in this terminal, or with PHONE a code to type; the service then starts by itself. */
export async function pair(stack: Stack): Promise<number> {
  const { PHONE: phone } = process.env;
  const argv = [node, "/opt/nanoclaw/lib/pair.cjs", ...(phone ? ["--phone", phone] : [])];
  return runOnHost(stack, oneHost(stack), { purpose: `show WhatsApp's ${phone ? "pairing code" : "QR code"}, wait for the phone, and start nanoclaw.service`, argv, terminal: terminal() });
}

/** `make register`: with JID that chat becomes NanoClaw's main group; without, the chats are listed. */
export async function register(stack: Stack): Promise<number> {
  const { JID: jid } = process.env;
  const argv = [node, "/opt/nanoclaw/lib/register.cjs", ...(jid ? ["--jid", jid] : [])];
  return runOnHost(stack, oneHost(stack), { purpose: jid ? `make ${jid} NanoClaw's main group and restart nanoclaw.service` : "list the chats that can be the main group", argv, terminal: false, input: "" });
}

/** `make logs`: NanoClaw's journal and the guard's; of several hosts each line with its host. TAIL (100 lines), FOLLOW=no. */
export async function logs(stack: Stack): Promise<number> {
  const lines = process.env["TAIL"] || "100";
  const follow = process.env["FOLLOW"] || "yes";
  if (!/^\d{1,6}$/.test(lines)) throw new Refusal({ field: "TAIL", wanted: "a number of lines", given: lines, remedy: "leave it out for 100" });
  const matches = ["_SYSTEMD_UNIT=nanoclaw.service", "+", "UNIT=nanoclaw.service", "+", "SYSLOG_IDENTIFIER=nanoclaw-guard"];
  const argv = ["journalctl", "-q", "--no-pager", "-n", lines, ...(follow === "yes" ? ["-f"] : []), ...matches];
  const [only, second] = stack.hosts;
  const purpose = `show the last ${lines} lines of NanoClaw's journal and the guard's${follow === "yes" ? ", and those that follow" : ""}`;
  const width = Math.max(...stack.hosts.map(({ name }) => name.length));
  const codes =
    only !== undefined && second === undefined
      ? [await runOnHost(stack, only, { purpose, argv, terminal: terminal() && follow === "yes" })]
      : await Promise.all(stack.hosts.map((host) => runOnHost(stack, host, { purpose, argv, terminal: false, prefix: `${host.name.padEnd(width)} | ` })));
  return Math.max(...codes.map((code) => (code === interrupted ? 0 : code)));
}

/** `make shell`: the login user's shell. */
export async function shell(stack: Stack): Promise<number> {
  return runOnHost(stack, oneHost(stack), { purpose: "log in", argv: [], terminal: terminal() });
}
