import { randomBytes } from "node:crypto";
import type { SmokeSettings } from "../../contract/settings.ts";
import type { AgentTurnEnd } from "../agentRun/agentTurn.ts";
import { asService, stateRoot, type ServiceUser } from "../agentRun/serviceUser.ts";
import type { BoxArgument, BoxFacts } from "../insideProbe/box.ts";
import { boxRows, type BoxEvidence } from "./boxRows.ts";
import { experiment, firstLine, type Finding, type ProofContext } from "./experiment.ts";
import { makeGroup, neighbourGroup, removeGroup, smokeGroup } from "./groups.ts";
import { startInside } from "./inside.ts";
import { lookAt } from "./seenContainer.ts";
import { startTurn } from "./turnProcess.ts";

/** An agent answers, with all of this on. */
export const agentProofs = experiment<AgentTurnEnd>({
  does: "asking the agent",
  look: async (context) => {
    const { settings, user, say } = context;
    const end = await startTurn(settings, (name) => {
      say("it has replied; looking at its container");
      try {
        context.agent = lookAt(user, name);
      } catch (error) {
        say(`the container could not be looked at: ${firstLine(error)}`);
      }
    });
    if (!judgeReply(end, settings).ok) end.lastLines.forEach((line) => say(`agent | ${line}`));
    return end;
  },
  rows: [
    {
      name: "agent-replies",
      asserts: "an agent run as NanoClaw runs it replies",
      wanted: ({ replyContains }) => `"${replyContains}" between the markers, a session, exit code 0`,
      remedy: "see the agent's lines above; with 401 or 403 in them: set the right anthropicApiKey; without any: `journalctl -t nanoclaw-guard`",
      judge: judgeReply,
    },
  ],
});

/** The box that agents are in, from outside and from inside. */
export const boxProofs = experiment<BoxEvidence>({ does: "looking at an agent's box from inside", look: lookAtBox, rows: boxRows });

/** Judges how a turn ended. */
export function judgeReply(end: AgentTurnEnd, settings: SmokeSettings): Finding {
  const reply = end.outputs.map((output) => output.result ?? output.error ?? "").find((text) => text !== "") ?? "no result between the markers";
  const wellFormed = end.exitCode === 0 && end.stopped === null && end.outputs.every((output) => output.status === "success");
  const ok = wellFormed && reply.includes(settings.replyContains) && end.sessionId !== undefined;
  if (ok) return { ok, got: `"${reply.slice(0, 60)}"` };
  const how = end.stopped === "timeout" ? `stopped after ${settings.replyTimeoutSeconds} s` : `exit code ${end.exitCode ?? "none"}`;
  return { ok, got: `${how}; session ${end.sessionId ?? "none"}; "${reply.slice(0, 200)}"` };
}

async function lookAtBox(context: ProofContext): Promise<BoxEvidence> {
  const { settings, user } = context;
  const mark = (): string => randomBytes(16).toString("hex");
  const backwards = (text: string): string => [...text].reverse().join("");
  const neighbour = mark();
  const secrets = Object.fromEntries(settings.foreignSecrets.map((name) => [name, mark()]));
  const argument: BoxArgument = {
    neighbour: backwards(neighbour),
    secrets: Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, backwards(value)])),
    hidden: ["/workspace/project", stateRoot, "/etc/nanoclaw"],
  };
  makeGroup(user, smokeGroup);
  makeGroup(user, neighbourGroup, neighbour);
  try {
    // By `-e`, the guard refuses a variable that it does not know and that does not look like a secret.
    const flags = Object.entries(secrets).flatMap(([name, value]) => (/(TOKEN|API_KEY)$/.test(name) ? ["-e", `${name}=${value}`] : []));
    const container = await startInside<BoxFacts>(context, "box", argument, { flags, secrets, stay: true });
    try {
      const inside = await container.facts;
      return { agent: context.agent, probe: lookAt(user, container.name), inside, builtImage: taggedImage(user, settings.imageName), serviceUid: user.uid };
    } finally {
      await container.end();
    }
  } finally {
    removeGroup(user, neighbourGroup);
  }
}

/** Undefined when there is no such image. */
function taggedImage(user: ServiceUser, imageName: string): string | undefined {
  try {
    const [image] = JSON.parse(asService(user, "podman", ["image", "inspect", imageName])) as { Id: string; RepoTags: string[] }[];
    return image?.RepoTags.some((tag) => /:[0-9a-f]{16}$/.test(tag)) === true ? image.Id : undefined;
  } catch {
    return undefined;
  }
}
