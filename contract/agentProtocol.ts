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
  prompt: z.string().describe("What the agent is asked: new messages of the group, or a task's text."),
  sessionId: z.string().optional().describe("The conversation to go on with; without it a new one begins."),
  groupFolder: z.string().describe("The group's folder below `groups/`; the guard takes the group's role from it."),
  chatJid: z.string().describe("The chat's address in its network, for messages that the agent sends by IPC."),
  isMain: z.boolean().describe("Whether the group is main. The guard refuses true for a group whose role may not see the project."),
  isScheduledTask: z.boolean().optional().describe("True when a schedule asks, and no person."),
  assistantName: z.string().optional().describe("The name that the assistant answers to."),
  secrets: z.record(z.string(), z.string()).optional().describe("Credentials by variable name. The guard drops those that the group's role does not have."),
});
export type AgentInput = z.infer<typeof AgentInput>;

/** One result. Several may come in a run; a null result without an error only names the session. */
export const AgentOutput = z.object({
  status: z.enum(["success", "error"]).describe("Whether the agent did what it was asked."),
  result: z.string().nullable().describe("The reply; null when there is nothing to send. What stands in `<internal>…</internal>` is not sent."),
  newSessionId: z.string().optional().describe("The conversation's id, to be given as `sessionId` next time."),
  error: z.string().optional().describe("What went wrong, when `status` is `error`."),
});
export type AgentOutput = z.infer<typeof AgentOutput>;
