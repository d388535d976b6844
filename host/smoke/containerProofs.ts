import type { Proof } from "../../contract/proofs.ts";
import type { Caps, SmokeSettings } from "../../contract/settings.ts";
import type { ContainerProcess } from "./containerProcess.ts";
import { compareLimits, describeCaps } from "./limits.ts";
import { prove, same, type Claim, type Finding } from "./proof.ts";

/** The container that answered, looked at while it ran. */
export interface SeenContainer {
  imageId: string;
  process: ContainerProcess;
}

const guardRemedy = "the guard did not harden the container: see `journalctl -t nanoclaw-guard` and /etc/nanoclaw/guard.json, and run `pulumi up`";
const noCapabilities = "0000000000000000";

/** The proofs about a running agent container. `seen` is a promise of it, or of the reason why it could not be looked at. */
export function containerProofs(settings: SmokeSettings, taggedImageId: string | undefined, seen: SeenContainer | Error): Promise<Proof[]> {
  const about = (claim: Claim, look: (container: SeenContainer) => Finding): Promise<Proof> =>
    prove(claim, () => (seen instanceof Error ? { ok: false, got: seen.message } : look(seen)));
  const held = (container: SeenContainer, kind: "scope" | "agentsSlice", caps: Caps): Finding => {
    const limits = container.process.limits[kind];
    return limits === undefined ? { ok: false, got: `cgroup ${/^0::.*$/m.exec(container.process.cgroup)?.[0] ?? "unknown"}` } : compareLimits(caps, limits);
  };
  return Promise.all([
    about(
      { name: "image-is-built", asserts: "the agent ran in the image that was built here", wanted: taggedImageId?.slice(0, 12) ?? "an image with a content tag", remedy: "run `pulumi up`: the agentImage step builds and tags it" },
      (container) => ({ ok: container.imageId === taggedImageId, got: container.imageId.slice(0, 12) }),
    ),
    about({ name: "container-not-root", asserts: "the agent is not root in its container", wanted: "uid 1000", remedy: guardRemedy }, (container) => same("uid 1000", `uid ${container.process.uid}`)),
    about({ name: "container-no-capabilities", asserts: "it has no capabilities and cannot get any", wanted: "CapEff, CapPrm, CapBnd all 0", remedy: guardRemedy }, (container) => {
      const { effective, permitted, bounding } = container.process.capabilities;
      const ok = [effective, permitted, bounding].every((mask) => mask === noCapabilities);
      return { ok, got: ok ? "none" : `CapEff ${effective}, CapPrm ${permitted}, CapBnd ${bounding}` };
    }),
    about({ name: "container-no-new-privileges", asserts: "no program raises its privileges", wanted: "NoNewPrivs 1", remedy: guardRemedy }, (container) =>
      same("NoNewPrivs 1", `NoNewPrivs ${Number(container.process.noNewPrivileges)}`),
    ),
    about({ name: "container-root-read-only", asserts: "its root file system cannot be written", wanted: "refused: EROFS", remedy: guardRemedy }, (container) => same("refused: EROFS", container.process.rootWrite)),
    about({ name: "container-limits", asserts: "the kernel holds it to one container's limits", wanted: describeCaps(settings.container), remedy: guardRemedy }, (container) =>
      held(container, "scope", settings.container),
    ),
    about(
      { name: "agents-slice-limits", asserts: `all ${settings.containers} together are held to the agents' slice`, wanted: describeCaps(settings.agentsSlice), remedy: "run `pulumi up`: the podman step writes nanoclaw-agents.slice" },
      (container) => held(container, "agentsSlice", settings.agentsSlice),
    ),
  ]);
}
