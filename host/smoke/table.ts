import type { Proof } from "../../contract/proofs.ts";

/**
 * The proofs as lines for people: one row each with a tick or a cross, columns aligned; below a failed one what was
 * wanted, what was got and the remedy; at the end the count.
 */
export function proofTable(proofs: readonly Proof[]): string[] {
  const nameWidth = Math.max(0, ...proofs.map((proof) => proof.name.length));
  const assertsWidth = Math.max(0, ...proofs.map((proof) => proof.asserts.length));
  const timeWidth = Math.max(0, ...proofs.map((proof) => String(proof.milliseconds).length));
  const lines = proofs.flatMap((proof) => {
    const time = `${String(proof.milliseconds).padStart(timeWidth)} ms`;
    const row = `${proof.ok ? "✓" : "✗"} ${proof.name.padEnd(nameWidth)}  ${proof.asserts.padEnd(assertsWidth)}  ${time}  ${proof.ok ? proof.got : ""}`.trimEnd();
    return proof.ok ? [row] : [row, `    wanted: ${proof.wanted}`, `    got:    ${proof.got}`, `    remedy: ${proof.remedy}`];
  });
  const failed = proofs.filter((proof) => !proof.ok).length;
  return [...lines, failed === 0 ? `all ${proofs.length} proofs hold` : `${failed} of ${proofs.length} proofs failed`];
}
