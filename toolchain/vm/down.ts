import { rmSync } from "node:fs";

import { powerOff } from "./boot.ts";
import { progress } from "./commands.ts";
import { withLock } from "./lock.ts";
import type { VmSettings } from "./settings.ts";
import { readRecord, removeSystem, vmFiles } from "./vmDir.ts";

/** Powers the VM off and removes it; its state disk stays for the next `up`, unless `deleteState` says otherwise. */
export async function down(settings: Pick<VmSettings, "name" | "stateDir" | "deleteState">): Promise<void> {
  const files = vmFiles(settings);
  await withLock(files.lock, `VM ${settings.name}`, async () => {
    const record = readRecord(files);
    if (record !== null) await powerOff(files, record);
    removeSystem(files);
    if (settings.deleteState) rmSync(files.dir, { recursive: true, force: true });
    progress(settings.deleteState ? `${settings.name}: gone, with its state disk` : `${settings.name}: gone; its state disk stays (${files.state})`);
  });
  if (settings.deleteState) rmSync(files.lock, { force: true });
}
