import type { Proof } from "../contract/proofs.ts";

/** One line per proof, as `pulumi stack output` shows them: mark, name, what was seen, time. */
export function proofTable(proofs: Proof[]): string[] {
  const width = Math.max(0, ...proofs.map((proof) => proof.name.length));
  return proofs.map((proof) => `${proof.ok ? "✓" : "✗"} ${proof.name.padEnd(width)}  ${proof.got}  (${proof.milliseconds} ms)`);
}
