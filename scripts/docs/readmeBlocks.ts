import { HARDENING } from "../../host/guard/hardening.ts";

/** The generated part of README.md: the hardening flags, from the guard's own table. */
export function readmeBlocks(): Record<string, string> {
  return { flags: HARDENING.map(({ shown, purpose }) => `- ${shown}: ${purpose}\n`).join("") };
}
