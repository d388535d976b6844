import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installedContract } from "../agentRun/groupState.ts";
import { asService, serviceUser, stateRoot } from "../agentRun/serviceUser.ts";
import { ownChat, registrationCommand } from "./registration.ts";

/**
 * Makes a chat NanoClaw's main group, by NanoClaw's own setup program, and restarts the service, which reads its groups
 * at its start only.
 *
 *   register.cjs [--jid JID]      without: lists the chats that can be registered
 *
 * Run as root.
 */
function main(): void {
  const { jid } = parseArgs({ options: { jid: { type: "string" } } }).values;
  const user = serviceUser();
  const contract = installedContract(stateRoot);
  const assistantName = user.environment["ASSISTANT_NAME"] ?? "Andy";
  const command = registrationCommand({ contract, release: "/opt/nanoclaw/current", jid, assistantName });
  const paired = contract.pairedWhenExists === null ? undefined : join(stateRoot, contract.pairedWhenExists);
  if (paired !== undefined && !existsSync(paired)) {
    throw new Error(`pairing: wanted a NanoClaw that is paired, so that it has chats; got none (${paired} does not exist). Remedy: \`make pair\` first`);
  }
  // What it makes is the group's to write and nobody else's to read, as what the service makes.
  process.umask(0o027);
  process.stdout.write(asService(user, process.execPath, command, stateRoot));
  if (jid === undefined) {
    const own = paired === undefined ? undefined : ownChat(readFileSync(paired, "utf8"));
    if (own !== undefined) process.stdout.write(`${own}|your own chat, "Message yourself"\n`);
    process.stderr.write("`make register JID=…` makes one of these the main group; a group that is missing appears when NanoClaw has run for a minute\n");
    return;
  }
  execFileSync("systemctl", ["restart", "nanoclaw.service"], { stdio: "inherit" });
  process.stderr.write(`${jid} is the main group, and nanoclaw.service is restarted: write to that chat. Further groups: ask there, "@${assistantName} join the group …"\n`);
}

try {
  main();
} catch (error) {
  const { message, stderr } = error as Error & { stderr?: string };
  process.stderr.write(`${stderr ?? ""}error: ${message.split("\n")[0]}\n`);
  process.exitCode = 1;
}
