import { expect } from "vitest";
import { HostProofReport } from "../../../contract/proofs.ts";
import type { Checkout } from "../../e2e/lib/checkout.ts";
import type { DevHost } from "../../e2e/lib/devHost.ts";

/** `make prove` on the hosts of a stack that are as they should be: the table for people, and every proof holds. */
export async function proveAll(checkout: Checkout, stack: string): Promise<void> {
  const ran = await checkout.make("prove", `STACK=${stack}`);
  console.log(ran.output);
  expect(ran.output).toMatch(/all \d+ proofs hold/);
  expect(ran.code).toBe(0);
}

/** Names of the proofs that fail on the host now; all but the agent's answer, which takes a minute in emulation. */
export function failingProofs(host: DevHost): string[] {
  const stdout = host.onHost("/opt/nanoclaw/node/current/bin/node /opt/nanoclaw/lib/smoke.cjs full --json --without agent-replies || true");
  return HostProofReport.parse(JSON.parse(stdout)).proofs.filter(({ ok }) => !ok).map(({ name, got }) => (console.log(`${name}: ${got}`), name));
}
