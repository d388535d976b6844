import { expect } from "vitest";
import { HostProofReport } from "../../../contract/proofs.ts";
import type { Checkout } from "../../e2e/lib/checkout.ts";
import type { DevHost } from "../../e2e/lib/devHost.ts";

/** `make prove` on the hosts of a stack that are as they should be: the table for people, and every proof holds; returns the table. */
export async function proveAll(checkout: Checkout, stack: string): Promise<string> {
  const ran = await checkout.make("prove", `STACK=${stack}`);
  console.log(ran.output);
  expect(ran.output).toMatch(/all \d+ proofs hold/);
  expect(ran.code).toBe(0);
  return ran.output;
}

/** Proofs that need a minute in emulation: how limits hold under load. */
export const loadProofs = ["fork-bomb-stops", "memory-hog-killed", "cpu-burn-held", "memory-file-systems-bounded", "hogs-stay-under-the-cap", "no-more-than-n"];

/** Names of the proofs that fail on the host now; all but the agent's answer, which takes half a minute in emulation, and `without`. */
export function failingProofs(host: DevHost, without: readonly string[] = []): string[] {
  const left = ["agent-replies", ...without].map((name) => `--without ${name}`).join(" ");
  const stdout = host.onHost(`/opt/nanoclaw/node/current/bin/node /opt/nanoclaw/lib/smoke.cjs full --json ${left} || true`);
  return HostProofReport.parse(JSON.parse(stdout)).proofs.filter(({ ok }) => !ok).map(({ name, got }) => (console.log(`${name}: ${got}`), name));
}
