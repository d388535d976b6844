import { describe, expect, it } from "vitest";
import type { MemoryHogFacts } from "../insideProbe/load.ts";
import { browserProofs } from "./browserProofs.ts";
import { deniedProofs } from "./deniedProofs.ts";
import type { ExperimentParts } from "./experiment.ts";
import { cpuBurnProofs, fillProofs, forkBombProofs, memoryHogProofs } from "./loadProofs.ts";
import { mainProofs } from "./mainProofs.ts";
import { sliceProofs } from "./sliceProofs.ts";
import { testSettings as settings } from "./testSettings.ts";

const quiet = { nanoclaw: ["active, process 7, 0 restarts", "active, process 7, 0 restarts"] as const };
const restarted = { nanoclaw: ["active, process 7, 0 restarts", "active, process 9, 1 restarts"] as const };
const killed: MemoryHogFacts = { filledBytes: 200 * 2 ** 20, signal: "SIGKILL", memoryMax: String(256 * 2 ** 20), kills: 1 };

/** Facts of a host as it should be, and ways in which they may not be, each with the proofs that must fail for it. */
function table<Facts>(name: string, experiment: Pick<ExperimentParts<Facts>, "rows">, good: NoInfer<Facts>, bad: readonly (readonly [string, Partial<NoInfer<Facts>>, readonly string[]])[]): void {
  const failing = (facts: Facts): string[] => experiment.rows.filter((row) => !row.judge(facts, settings).ok).map((row) => row.name);
  describe(name, () => {
    it("is proved when everything is as it should be", () => expect(failing(good)).toEqual([]));
    it.each(bad)("is not proved when %s", (_, part, names) => expect(failing({ ...good, ...part })).toEqual(names));
    it("has a way to fail for each proof", () => expect(new Set(bad.flatMap(([, , names]) => names))).toEqual(new Set(experiment.rows.map((row) => row.name))));
  });
}

const bomb = { started: 240, error: "EAGAIN", pidsMax: "256", pidsCurrent: 256 };
table("a fork bomb's end", forkBombProofs, { inside: bomb, ...quiet }, [
  ["nothing stopped it", { inside: { ...bomb, error: null } }, ["fork-bomb-stops"]],
  ["another limit than the container's stopped it", { inside: { ...bomb, pidsMax: "2048" } }, ["fork-bomb-stops"]],
  ["NanoClaw was restarted", restarted, ["fork-bomb-stops"]],
]);

table("a memory hog's end", memoryHogProofs, { inside: killed, ...quiet, neighbourLived: true }, [
  ["it lived", { inside: { ...killed, signal: null } }, ["memory-hog-killed"]],
  ["it got more than its limit", { inside: { ...killed, filledBytes: 300 * 2 ** 20 } }, ["memory-hog-killed"]],
  ["its container had another limit", { inside: { ...killed, memoryMax: "max" } }, ["memory-hog-killed"]],
  ["it was not killed in its own container", { inside: { ...killed, kills: 0 } }, ["memory-hog-killed"]],
  ["the second container died", { neighbourLived: false }, ["memory-hog-killed"]],
  ["no second container was looked at", { neighbourLived: undefined as never }, ["memory-hog-killed"]],
  ["NanoClaw was restarted", restarted, ["memory-hog-killed"]],
]);

it("a memory hog on a host for one container says that no second one was asked for, and still looks at NanoClaw", () => {
  const [row] = memoryHogProofs.rows;
  const one = { ...settings, containers: 1 };
  expect(row!.judge({ inside: killed, ...quiet }, one)).toEqual({ ok: true, got: expect.stringContaining("no second container asked for (containers: 1)") });
  expect(row!.judge({ inside: killed, ...restarted }, one).ok).toBe(false);
});

table("a busy loop's share", cpuBurnProofs, { usedMicroseconds: 2_000_000, wallMicroseconds: 4_000_000, throttled: 40 }, [
  ["it got two CPUs", { usedMicroseconds: 8_000_000 }, ["cpu-burn-held"]],
  ["it got one CPU because there is no other", { usedMicroseconds: 4_000_000, throttled: 0 }, ["cpu-burn-held"]],
  ["it was slow, but nothing held it", { throttled: 0 }, ["cpu-burn-held"]],
]);

table("the bound of memory file systems", fillProofs, { "/tmp": { writtenBytes: 2 ** 28, error: "ENOSPC" }, "/dev/shm": { writtenBytes: 2 ** 26, error: "ENOSPC" } }, [
  ["one takes more", { "/tmp": { writtenBytes: 2 ** 28 + 1, error: "ENOSPC" } }, ["memory-file-systems-bounded"]],
  ["one has no end", { "/tmp": { writtenBytes: 2 ** 28, error: null } }, ["memory-file-systems-bounded"]],
]);

const all = { inside: [killed, killed, killed], ...quiet, inSlice: 3, memoryMax: 6 * 2 ** 30, most: 6 * 2 ** 30, oneMore: "refused … [rule count; policy …]" };
table("N hogs' end", sliceProofs, all, [
  ["one was outside of the slice", { inSlice: 2 }, ["hogs-stay-under-the-cap"]],
  ["all of them lived", { inside: [{ ...killed, signal: null }] }, ["hogs-stay-under-the-cap"]],
  ["the slice has a higher cap", { memoryMax: 7 * 2 ** 30 }, ["hogs-stay-under-the-cap"]],
  ["the slice has no cap", { memoryMax: NaN }, ["hogs-stay-under-the-cap"]],
  ["more was used than the cap", { most: 6 * 2 ** 30 + 4096 }, ["hogs-stay-under-the-cap"]],
  ["NanoClaw was restarted", restarted, ["hogs-stay-under-the-cap"]],
  ["one more container ran", { oneMore: undefined }, ["no-more-than-n"]],
  ["one more was refused for another reason", { oneMore: "refused … [rule image; policy …]" }, ["no-more-than-n"]],
]);

it("of N hogs it is enough that one was killed: what each may have alone is another proof", () => {
  const [stay] = sliceProofs.rows;
  expect(stay?.judge({ ...all, inside: [killed, { ...killed, signal: null }, { ...killed, signal: null }] }, settings)).toMatchObject({ ok: true });
});

table("main's view", mainProofs, { present: true, shadows: { ".env": "empty", "store/auth": "absent" }, write: "EROFS" }, [
  ["it reads .env", { shadows: { ".env": "readable", "store/auth": "absent" } }, ["main-sees-no-secrets"]],
  ["it lists the pairing keys", { shadows: { ".env": "empty", "store/auth": "12 entries" } }, ["main-sees-no-secrets"]],
  ["it has no project, so that nothing is proved", { present: false }, ["main-sees-no-secrets"]],
  ["it writes", { write: "written" }, ["main-writes-no-project"]],
  ["only permissions stop it from writing", { write: "EACCES" }, ["main-writes-no-project"]],
]);

const refused = { flags: "--privileged", exitCode: 125, rule: "privileged" };
table("the guard's refusals", deniedProofs, { flags: [refused], mount: { ...refused, flags: "-v /:/x" } }, [
  ["a line got through", { flags: [refused, { flags: "--pid=host", exitCode: 0, rule: undefined }] }, ["hostile-lines-refused"]],
  ["podman refused it, and not the guard", { flags: [{ ...refused, rule: undefined }] }, ["hostile-lines-refused"]],
  ["nothing was asked", { flags: [] }, ["hostile-lines-refused"]],
  ["the mount got through", { mount: { flags: "-v /:/x", exitCode: 0, rule: undefined } }, ["hostile-mount-refused"]],
]);

table("the browser", browserProofs, { browser: "/usr/bin/chromium", page: "<p>opened 42</p>", complaint: "", mostPids: 150 }, [
  ["the image has none", { browser: null }, ["browser-opens-page"]],
  ["the page's script did not run", { page: "<p></p>" }, ["browser-opens-page"]],
]);
