import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { installedContract } from "../agentRun/groupState.ts";
import { becomeService, serviceUser, stateRoot } from "../agentRun/serviceUser.ts";
import { runPairing } from "./pairing.ts";

/**
 * Pairs NanoClaw with WhatsApp in this terminal, by NanoClaw's own program; the service then starts by itself.
 *
 *   pair.cjs [--phone NUMBER]      with a number: a pairing code to type on the phone, instead of a QR code to scan
 *
 * Run as root or as nanoclaw. Exit code 0 when the service runs, paired.
 */

const unitWaits = "/etc/systemd/system/nanoclaw.service.d/pairing.conf";
/** Seconds that the service gets to start. */
const startSeconds = 120;

function refuse(field: string, wanted: string, given: string, remedy: string): never {
  process.stderr.write(`error: ${field}: wanted ${wanted}; got ${given}. Remedy: ${remedy}\n`);
  process.exit(1);
}

function serviceState(): string {
  try {
    return execFileSync("systemctl", ["is-active", "nanoclaw.service"], { encoding: "utf8" }).trim();
  } catch (error) {
    return String((error as { stdout?: string }).stdout ?? "").trim() || "unknown";
  }
}

async function main(): Promise<void> {
  const { phone } = parseArgs({ options: { phone: { type: "string" } } }).values;
  if (phone !== undefined && !/^\d{7,15}$/.test(phone)) {
    refuse("PHONE", "digits with the country code, without + or spaces", JSON.stringify(phone), "such as PHONE=14155551234");
  }
  const user = serviceUser();
  const { pairingProgram, pairedWhenExists, entryPoint } = installedContract(stateRoot);
  if (pairingProgram === null || pairedWhenExists === null || !existsSync(unitWaits)) {
    refuse("pairing", "a NanoClaw that pairs with a chat network", "one that does not, by its version or by `pairing: none`", "`make chat` works without; else set nanoclaw.pairing of this host and bring it up");
  }
  const paired = join(stateRoot, pairedWhenExists);
  if (existsSync(paired)) refuse("pairing", "a NanoClaw that is not paired yet", `${paired}, which is there`, "nothing; to pair anew, stop nanoclaw.service, remove its directory, and try again");
  const program = join("/opt/nanoclaw/current", pairingProgram.file);
  if (!existsSync(program)) refuse("pairing", `NanoClaw's pairing program ${program}`, "none", `this commit has none beside ${entryPoint}: pair it as its own documentation says`);

  // Ctrl-C is for the program in the foreground; then we clean up after it.
  for (const signal of ["SIGINT", "SIGHUP", "SIGTERM"] as const) process.on(signal, () => {});
  becomeService(user);
  const args = phone === undefined ? [] : pairingProgram.withCode.map((word) => word.replace("{phone}", phone));
  const code = await runPairing({ root: stateRoot, command: [process.execPath, program, ...args], pairedWhenExists });
  if (code !== 0) refuse("pairing", "a phone that agrees", `exit code ${code}`, "try again: `make pair` shows a QR code, `make pair PHONE=…` a code to type; nothing was changed");
  process.stderr.write("paired; the service starts by itself\n");
  for (let second = 0; second < startSeconds; second++) {
    if (serviceState() === "active") return void process.stderr.write("nanoclaw.service is active. It answers in no chat yet: `make register` lists the chats, `make register JID=…` makes one the main group\n");
    await pause(1000);
  }
  refuse("nanoclaw.service", "active after pairing", serviceState(), "see `make logs`");
}

main().catch((error: unknown) => {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
