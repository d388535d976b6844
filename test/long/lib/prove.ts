import { expect } from "vitest";
import { HostProofReport } from "../../../contract/proofs.ts";
import type { BareMetal } from "../../e2e/lib/bareMetal.ts";

/** `make prove` on a host as it should be: the table for people, and every proof holds. */
export async function proveAll(host: BareMetal): Promise<void> {
  const ran = await host.checkout.make("prove", "STACK=office");
  console.log(ran.output);
  expect(ran.output).toMatch(/all \d+ proofs hold/);
  expect(ran.code).toBe(0);
}

/** Names of the proofs that fail on the host now; all but the agent's answer, which takes a minute in emulation. */
export async function failingProofs(host: BareMetal): Promise<string[]> {
  const { stdout, stderr } = await host.vm.ssh("sudo -n /opt/nanoclaw/node/current/bin/node /opt/nanoclaw/lib/smoke.cjs full --json --without agent-replies");
  expect(stdout, stderr).not.toBe("");
  return HostProofReport.parse(JSON.parse(stdout)).proofs.filter(({ ok }) => !ok).map(({ name, got }) => (console.log(`${name}: ${got}`), name));
}
