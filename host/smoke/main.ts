import { readFileSync } from "node:fs";
import type { ProofReport } from "../../contract/proofs.ts";
import type { SmokeSettings } from "../../contract/settings.ts";
import type { AgentTurnEnd } from "../agentRun/agentTurn.ts";
import { asService, serviceUser, type ServiceUser } from "../agentRun/serviceUser.ts";
import { readContainerProcess } from "./containerProcess.ts";
import { containerProofs, type SeenContainer } from "./containerProofs.ts";
import { podmanProofs, serviceProofs, taggedImage } from "./hostProofs.ts";
import { prove, type Finding } from "./proof.ts";
import { proofTable } from "./table.ts";
import { runTurnProcess, startTurn } from "./turnProcess.ts";

/**
 * The smoke test: proves on the host itself that it does what it was provisioned for. Run as root with the smoke step's
 * settings on stdin. stdout: one ProofReport as JSON. stderr: progress, then the table. Exit code 1 when a proof fails.
 */

const say = (line: string): void => void process.stderr.write(`${line}\n`);

function look(user: ServiceUser, name: string): SeenContainer | Error {
  try {
    // The guard puts the install's id after the name: hence by the beginning of the name.
    const running = asService(user, "podman", ["ps", "--no-trunc", "--filter", `name=^${name}`, "--format", "{{.Pid}} {{.ImageID}}"]).trim();
    if (running === "") throw new Error(`no container is named ${name}`);
    const [pid, imageId] = running.split(/\s+/);
    return { imageId: (imageId ?? "").replace("sha256:", ""), process: readContainerProcess(Number(pid)) };
  } catch (error) {
    return new Error(`the container could not be looked at: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
  }
}

function judgeReply(settings: SmokeSettings, end: AgentTurnEnd): Finding {
  const reply = end.outputs.map((output) => output.result ?? output.error ?? "").find((text) => text !== "") ?? "no result between the markers";
  const wellFormed = end.exitCode === 0 && end.stopped === null && end.outputs.every((output) => output.status === "success");
  const ok = wellFormed && reply.includes(settings.replyContains) && end.sessionId !== undefined;
  if (ok) return { ok, got: `"${reply.slice(0, 60)}"` };
  end.lastLines.forEach((line) => say(`agent | ${line}`));
  const how = end.stopped === "timeout" ? `stopped after ${settings.replyTimeoutSeconds} s` : `exit code ${end.exitCode ?? "none"}`;
  return { ok, got: `${how}; session ${end.sessionId ?? "none"}; "${reply.slice(0, 200)}"` };
}

async function smoke(settings: SmokeSettings): Promise<ProofReport> {
  const user = serviceUser();
  const proofs = await podmanProofs(user);
  say(`asking the agent, at most ${settings.replyTimeoutSeconds} s`);
  let seen: SeenContainer | Error = new Error("the agent gave no answer to look at it by");
  proofs.push(
    await prove(
      {
        name: "agent-replies",
        asserts: "an agent run as NanoClaw runs it replies",
        wanted: `"${settings.replyContains}" between the markers, a session, exit code 0`,
        remedy: "see the agent's lines above; with 401 or 403 in them: set the right anthropicApiKey; without any: `journalctl -t nanoclaw-guard`",
      },
      async () => {
        const end = await startTurn(settings, (name) => {
          say("it has replied; looking at its container");
          seen = look(user, name);
        });
        return judgeReply(settings, end);
      },
    ),
  );
  let built: string | undefined;
  try {
    built = taggedImage(user, settings.imageName);
  } catch {
    // The proof says that there is none.
  }
  proofs.push(...(await containerProofs(settings, built, seen)), ...(await serviceProofs(settings)));
  return { ok: proofs.every((proof) => proof.ok), proofs };
}

async function main(): Promise<void> {
  const report = await smoke(JSON.parse(readFileSync(0, "utf8")) as SmokeSettings);
  proofTable(report.proofs).forEach(say);
  process.stdout.write(`${JSON.stringify(report)}\n`);
  process.exitCode = report.ok ? 0 : 1;
}

if (process.argv[2] === "turn") {
  runTurnProcess();
} else {
  main().catch((error: unknown) => {
    say(`error: smoke: wanted to run; got ${error instanceof Error ? error.message : String(error)}. Remedy: run \`pulumi up\``);
    process.exitCode = 1;
  });
}
