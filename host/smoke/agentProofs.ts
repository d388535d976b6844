import type { Caps, SmokeSettings } from "../../contract/settings.ts";
import type { AgentTurnEnd } from "../agentRun/agentTurn.ts";
import { asService, type ServiceUser } from "../agentRun/serviceUser.ts";
import { readContainerProcess, type ContainerProcess } from "./containerProcess.ts";
import { experiment, firstLine, same, type Finding, type ProofContext, type ProofRow } from "./experiment.ts";
import { compareLimits, describeCaps } from "./limits.ts";
import { startTurn } from "./turnProcess.ts";

/** The container that answered, looked at while it ran. */
export interface SeenContainer {
  imageId: string;
  process: ContainerProcess;
}

/** A turn of the agent, and its container. */
export interface AgentFacts {
  /** How the turn ended, or why it did not begin. */
  end: AgentTurnEnd | Error;
  seen: SeenContainer | Error;
  /** Id of the image that carries both the name NanoClaw runs and a tag of its content. */
  builtImage: string | undefined;
}

const guardRemedy = "the guard did not harden the container: see `journalctl -t nanoclaw-guard` and /etc/nanoclaw/guard.json, and run `pulumi up`";
const noCapabilities = "0000000000000000";

function row(claim: Omit<ProofRow<AgentFacts>, "judge" | "remedy"> & { remedy?: string }, judge: (container: SeenContainer, settings: SmokeSettings, facts: AgentFacts) => Finding): ProofRow<AgentFacts> {
  return { remedy: guardRemedy, ...claim, judge: (facts, settings) => (facts.seen instanceof Error ? { ok: false, got: facts.seen.message } : judge(facts.seen, settings, facts)) };
}

/** An agent answers; and what its container is, from outside. */
export const agentProofs = experiment<AgentFacts>({
  set: "quick",
  does: "asking the agent",
  look: askAgent,
  rows: [
    {
      name: "agent-replies",
      asserts: "an agent run as NanoClaw runs it replies",
      wanted: ({ replyContains }) => `"${replyContains}" between the markers, a session, exit code 0`,
      remedy: "see the agent's lines above; with 401 or 403 in them: set the right anthropicApiKey; without any: `journalctl -t nanoclaw-guard`",
      judge: ({ end }, settings) => judgeReply(end, settings),
    },
    row({ name: "image-is-built", asserts: "the agent ran in the image that was built here", wanted: "the image with a content tag", remedy: "run `pulumi up`: the agentImage step builds and tags it" }, (container, _settings, { builtImage }) => ({
      ok: container.imageId === builtImage,
      got: container.imageId.slice(0, 12),
    })),
    row({ name: "container-not-root", asserts: "the agent is not root in its container", wanted: "uid 1000" }, ({ process }) => same("uid 1000", `uid ${process.uid}`)),
    row({ name: "container-no-capabilities", asserts: "it has no capabilities and cannot get any", wanted: "CapEff, CapPrm, CapBnd all 0" }, ({ process }) => {
      const { effective, permitted, bounding } = process.capabilities;
      const ok = [effective, permitted, bounding].every((mask) => mask === noCapabilities);
      return { ok, got: ok ? "none" : `CapEff ${effective}, CapPrm ${permitted}, CapBnd ${bounding}` };
    }),
    row({ name: "container-no-new-privileges", asserts: "no program raises its privileges", wanted: "NoNewPrivs 1" }, ({ process }) => same("NoNewPrivs 1", `NoNewPrivs ${Number(process.noNewPrivileges)}`)),
    row({ name: "container-root-read-only", asserts: "its root file system cannot be written", wanted: "refused: EROFS" }, ({ process }) => same("refused: EROFS", process.rootWrite)),
    row({ name: "container-limits", asserts: "the kernel holds it to one container's limits", wanted: ({ container }) => describeCaps(container) }, (container, settings) => held(container, "scope", settings.container)),
    row(
      { name: "agents-slice-limits", asserts: "all agents together are held to their slice", wanted: ({ agentsSlice }) => describeCaps(agentsSlice), remedy: "run `pulumi up`: the podman step writes nanoclaw-agents.slice" },
      (container, settings) => held(container, "agentsSlice", settings.agentsSlice),
    ),
  ],
});

function held(container: SeenContainer, kind: "scope" | "agentsSlice", caps: Caps): Finding {
  const limits = container.process.limits[kind];
  return limits === undefined ? { ok: false, got: `cgroup ${/^0::.*$/m.exec(container.process.cgroup)?.[0] ?? "unknown"}` } : compareLimits(caps, limits);
}

function judgeReply(end: AgentTurnEnd | Error, settings: SmokeSettings): Finding {
  if (end instanceof Error) return { ok: false, got: end.message };
  const reply = end.outputs.map((output) => output.result ?? output.error ?? "").find((text) => text !== "") ?? "no result between the markers";
  const wellFormed = end.exitCode === 0 && end.stopped === null && end.outputs.every((output) => output.status === "success");
  const ok = wellFormed && reply.includes(settings.replyContains) && end.sessionId !== undefined;
  if (ok) return { ok, got: `"${reply.slice(0, 60)}"` };
  const how = end.stopped === "timeout" ? `stopped after ${settings.replyTimeoutSeconds} s` : `exit code ${end.exitCode ?? "none"}`;
  return { ok, got: `${how}; session ${end.sessionId ?? "none"}; "${reply.slice(0, 200)}"` };
}

async function askAgent({ settings, user, say }: ProofContext): Promise<AgentFacts> {
  let seen: SeenContainer | Error = new Error("the agent gave no answer to look at it by");
  const end = await startTurn(settings, (name) => {
    say("it has replied; looking at its container");
    seen = lookAt(user, name);
  }).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  if (!(end instanceof Error) && !judgeReply(end, settings).ok) end.lastLines.forEach((line) => say(`agent | ${line}`));
  return { end, seen, builtImage: taggedImage(user, settings.imageName) };
}

/** A container, by the name that NanoClaw gave it. */
function lookAt(user: ServiceUser, name: string): SeenContainer | Error {
  try {
    // The guard puts the install's id after the name: hence by the beginning of the name.
    const running = asService(user, "podman", ["ps", "--no-trunc", "--filter", `name=^${name}`, "--format", "{{.Pid}} {{.ImageID}}"]).trim();
    if (running === "") throw new Error(`no container is named ${name}`);
    const [pid, imageId] = running.split(/\s+/);
    return { imageId: (imageId ?? "").replace("sha256:", ""), process: readContainerProcess(Number(pid)) };
  } catch (error) {
    return new Error(`the container could not be looked at: ${firstLine(error)}`);
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
