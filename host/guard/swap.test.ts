import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GuardPolicy } from "../../contract/policy.ts";
import { checkMounts, mountRequest } from "./mounts.ts";
import { hostWorld } from "./mountWorld.ts";
import type { Refusal } from "./refusal.ts";
import { roleOf } from "./roles.ts";
import { policyWith } from "./testPolicy.ts";

let top: string;
let policy: GuardPolicy;

beforeAll(() => {
  mkdirSync("/srv", { recursive: true });
  top = realpathSync(mkdtempSync(process.getuid?.() === 0 ? "/srv/guard-swap-" : join(tmpdir(), "guard-swap-")));
  for (const path of ["projects/read", "private"]) mkdirSync(join(top, path), { recursive: true });
  policy = policyWith({ extraMounts: [{ path: join(top, "projects"), access: "ro", roles: ["main"] }] }, "personal", join(top, "root"));
});
afterAll(() => rmSync(top, { recursive: true }));

test("a link that somebody swaps all the time gives what the rules saw, or nothing: never the place that they refuse", async () => {
  const link = join(top, "projects/race");
  const swapper = new Worker(
    `const { symlinkSync, renameSync } = require("node:fs"); const { parentPort, workerData: { link, places } } = require("node:worker_threads");
     let stop = false; parentPort.on("message", () => { stop = true; });
     symlinkSync(places[0], link); parentPort.postMessage("swapping");
     const turn = (n) => { for (let i = 0; i < 200; i++) { symlinkSync(places[(n + i) % 2], link + ".new"); renameSync(link + ".new", link); } stop ? process.exit(0) : setImmediate(turn, n + 200); }; turn(0);`,
    { eval: true, workerData: { link, places: [join(top, "projects/read"), join(top, "private")] } },
  );
  await once(swapper, "message");
  const seen = new Set<string>();
  // Until both have been seen, and then for a while: the number of turns decides, not the time.
  for (let turn = 0; turn < 5_000 || (seen.size < 2 && turn < 5_000_000); turn++) {
    try {
      seen.add(checkMounts(policy, roleOf(policy, "main"), [mountRequest(`${link}:/workspace/extra/x:ro`)], hostWorld).mounts[0]!.source);
    } catch (error) {
      seen.add((error as Refusal).rule);
    }
  }
  swapper.postMessage("stop");
  await once(swapper, "exit");
  expect([...seen].sort()).toEqual([`${top}/projects/read`, "mount-not-allowed"].sort());
});
