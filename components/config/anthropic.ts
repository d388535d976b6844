import { z } from "zod";
import { field } from "./field.ts";
import { hasPlainHost, isPlainUrl } from "./formats.ts";

/** How the model is reached. The credential is a secret and lies apart. */
export const AnthropicSchema = z.strictObject({
  baseUrl: field(z.string().refine((text) => isPlainUrl(text) && hasPlainHost(text) && /^[A-Za-z0-9._~/-]*$/.test(new URL(text).pathname)).optional(), {
    means: "Address of the Messages API, or of a gateway that speaks it. http is accepted for loopback only.",
    wanted: "an https URL without user name and password",
    remedy: "leave it out for Anthropic's own API, or give the gateway's https address",
    changes: "model",
    defaultInWords: "Anthropic's own API",
  }),
});

/** Parts that stand in for the real ones, for tests and for networks without internet. */
export const StandInsSchema = z.strictObject({
  messagesApi: field(z.boolean().default(false), {
    means: "Runs a small server on the host that answers instead of the model. Replies are canned: for tests only.",
    wanted: "true or false",
    remedy: "use false for real work",
    changes: "model",
  }),
});
