import { z } from "zod";

/** One proof of the smoke test: what is asserted about the host, and what was seen. */
export const Proof = z.strictObject({
  /** Stable id in kebab-case, such as "podman-rootless". */
  name: z.string(),
  /** What it asserts, a sentence. */
  asserts: z.string(),
  ok: z.boolean(),
  wanted: z.string(),
  got: z.string(),
  /** What to do when it fails; empty when it is ok. */
  remedy: z.string(),
  /** What it took; of several proofs that share one look at the host, the first has the look's time. */
  milliseconds: z.number().int().nonnegative(),
});
export type Proof = z.infer<typeof Proof>;

/** What the smoke step prints on stdout: one JSON object. */
export const ProofReport = z.strictObject({
  ok: z.boolean(),
  proofs: z.array(Proof),
});
export type ProofReport = z.infer<typeof ProofReport>;

/** What `make prove ARGS=--json` prints for each host, one per line. */
export const HostProofReport = ProofReport.extend({
  /** The host's name in the stack. */
  host: z.string(),
});
export type HostProofReport = z.infer<typeof HostProofReport>;
