import { installedContract } from "../agentRun/groupState.ts";
import { stateRoot } from "../agentRun/serviceUser.ts";
import type { ProjectFacts } from "../insideProbe/project.ts";
import { experiment } from "./experiment.ts";
import { makeGroup } from "./groups.ts";
import { inside } from "./inside.ts";

const remedy = "see `projectShadows` in /etc/nanoclaw/guard.json, and run `pulumi up`";

/** What the one role that sees NanoClaw's own directory does not see of it. */
export const mainProofs = experiment<ProjectFacts>({
  does: "looking at NanoClaw's own directory as main",
  look: async (context) => {
    const { mainFolder } = installedContract(stateRoot);
    makeGroup(context.user, mainFolder);
    return inside<ProjectFacts>(context, "project", { shadows: context.settings.projectShadows }, { group: mainFolder });
  },
  rows: [
    {
      name: "main-sees-no-secrets",
      asserts: "main sees NanoClaw's own directory without its .env, pairing keys, sessions and configuration",
      wanted: ({ projectShadows }) => `${projectShadows.join(", ")} absent or empty`,
      remedy,
      judge: ({ present, shadows }) => {
        const open = Object.entries(shadows).filter(([, value]) => value !== "absent" && value !== "empty");
        if (!present) return { ok: false, got: "no project at all" };
        return { ok: open.length === 0 && shadows[".env"] !== undefined, got: Object.entries(shadows).map(([path, value]) => `${path} ${value}`).join(", ") };
      },
    },
    { name: "main-writes-no-project", asserts: "main cannot write to NanoClaw's own directory", wanted: "EROFS", remedy, judge: ({ write }) => ({ ok: write === "EROFS", got: write }) },
  ],
});
