import type { BrowserFacts } from "../insideProbe/browser.ts";
import { experiment } from "./experiment.ts";
import { inside } from "./inside.ts";

/** The browser works with all of this on. */
export const browserProofs = experiment<BrowserFacts>({
  sets: ["full"],
  does: "opening a page with the image's browser",
  look: (context) => inside<BrowserFacts>(context, "browser", {}),
  rows: [
    {
      name: "browser-opens-page",
      asserts: "the image's browser opens a page and runs its script, in the box that agents are in",
      wanted: '"opened 42" in the page',
      remedy: "set the host's `browser: false` if its image has none; `limits.pids` and `tmpfs` in the policy if it lacks room",
      applies: ({ browser }) => browser,
      judge: ({ browser, page, complaint, mostPids }, { container }) => {
        if (browser === null) return { ok: false, got: "no browser in the image" };
        const ok = page.includes("opened 42");
        return { ok, got: ok ? `opened, at most ${mostPids} of ${container.tasksMax} processes and threads` : (complaint.trim().split("\n").at(-1) ?? page).slice(0, 200) };
      },
    },
  ],
});
