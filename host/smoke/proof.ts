import type { Proof } from "../../contract/proofs.ts";

/** What a proof says before it is known whether it holds. */
export interface Claim {
  /** Stable id in kebab-case. */
  name: string;
  /** What it asserts, a sentence. */
  asserts: string;
  wanted: string;
  /** What to do when it fails. */
  remedy: string;
}

/** What was seen. */
export interface Finding {
  ok: boolean;
  got: string;
}

/** The finding for a value that must be exactly the wanted one. */
export function same(wanted: string | number, got: string | number | undefined): Finding {
  return { ok: got === wanted, got: String(got ?? "nothing") };
}

/** Makes a proof of a claim; a look that throws is a proof that failed, with the first line of the error as what was got. */
export async function prove(claim: Claim, look: () => Finding | Promise<Finding>): Promise<Proof> {
  const started = performance.now();
  let finding: Finding;
  try {
    finding = await look();
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    const text = stderr?.trim() || (error instanceof Error ? error.message : String(error));
    finding = { ok: false, got: text.split("\n")[0]?.slice(0, 300) ?? "an error" };
  }
  return {
    name: claim.name,
    asserts: claim.asserts,
    ok: finding.ok,
    wanted: claim.wanted,
    got: finding.got,
    remedy: finding.ok ? "" : claim.remedy,
    milliseconds: Math.round(performance.now() - started),
  };
}
