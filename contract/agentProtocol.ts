import { z } from "zod";

/**
 * What NanoClaw and the agent in the container say to each other: one JSON object on the container's stdin, and results
 * between two markers on its stdout. Facts of NanoClaw's sources; which version speaks what is in contract/nanoclaw.ts.
 */

/** The line before a result. */
export const OUTPUT_START = "---NANOCLAW_OUTPUT_START---";
/** The line after a result. */
export const OUTPUT_END = "---NANOCLAW_OUTPUT_END---";
/** Name of the empty file in the input directory that asks the agent to end. */
export const CLOSE_FILE = "_close";

/** The request of NanoClaw 1.1.x: written once, then stdin is closed. Holds secrets: never log one. */
export const AgentInput = z.strictObject({
  prompt: z.string(),
  /** The conversation to go on with; absent = a new one. */
  sessionId: z.string().optional(),
  groupFolder: z.string(),
  chatJid: z.string(),
  isMain: z.boolean(),
  isScheduledTask: z.boolean().optional(),
  assistantName: z.string().optional(),
  secrets: z.record(z.string(), z.string()).optional(),
});
export type AgentInput = z.infer<typeof AgentInput>;

/** One result. Several may come in a run; a null result without an error only names the session. */
export const AgentOutput = z.object({
  status: z.enum(["success", "error"]),
  result: z.string().nullable(),
  newSessionId: z.string().optional(),
  error: z.string().optional(),
});
export type AgentOutput = z.infer<typeof AgentOutput>;
