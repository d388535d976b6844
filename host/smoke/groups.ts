import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { prepareGroup } from "../agentRun/groupState.ts";
import { asService, becomeService, serviceUser, stateRoot, type ServiceUser } from "../agentRun/serviceUser.ts";

/** The group that the smoke test speaks as: never one of the user's, and never registered with NanoClaw. */
export const smokeGroup = "smoke";

/** Another such group, whose files must stay hidden from the first. */
export const neighbourGroup = "smoke-neighbour";

const marked = (group: string): string[] => [`groups/${group}`, `data/sessions/${group}/.claude`, `data/ipc/${group}/input`].map((directory) => join(stateRoot, directory, "mark.txt"));

/**
 * Makes a group's directories, as the service user would, and writes a mark into each kind of them when one is given.
 * From root, through a process of that user's.
 */
export function makeGroup(user: ServiceUser, group: string, mark = ""): void {
  asService(user, process.execPath, [process.argv[1] ?? "", "group", group, mark]);
}

/** The process's side of `makeGroup`. */
export function runGroupProcess([group = smokeGroup, mark = ""]: string[]): void {
  becomeService(serviceUser());
  prepareGroup(stateRoot, group);
  if (mark === "") return;
  for (const file of marked(group)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${mark}\n`);
  }
}

/** Takes away everything of a group that the smoke test made; as the service user, whom its paths belong to. */
export function removeGroup(user: ServiceUser, group: string): void {
  asService(user, "rm", ["-rf", ...["groups", "data/sessions", "data/ipc"].map((kind) => join(stateRoot, kind, group))]);
}
