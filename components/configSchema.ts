import { z } from "zod";
import { field } from "./config/field.ts";
import { AnthropicSchema, StandInsSchema } from "./config/anthropic.ts";
import { HostDefaultsSchema, HostSchema } from "./config/host.ts";
import { SourcesSchema } from "./config/sources.ts";

/** The namespace of every key: the project's name. */
export const configNamespace = "podman-nanoclaw-runtime";

const optionalObject = "an object with the fields below";

/** The plain part of a stack's configuration, as the user writes it. Secrets are not in it: see `secretFields`. */
export const StackSchema = z.strictObject({
  hosts: field(z.record(z.string(), HostSchema).refine((hosts) => Object.keys(hosts).length > 0), {
    means: "The hosts of this stack, by name. A host's name is part of its resources' names: renaming replaces it.",
    wanted: "at least one host, by a name of lower-case letters, digits and dashes",
    remedy: "copy an example from stacks/, such as stacks/ssh.example.yaml",
    changes: "host",
    defaultInWords: "none: it must be given",
  }),
  defaults: field(HostDefaultsSchema.prefault({}), {
    means: "Fields that every host has which does not set them itself. A field is taken whole: objects are not mixed.",
    wanted: "any fields of a host but `machine`",
    remedy: "write here what you would repeat in every host",
    changes: "caps",
    defaultInWords: "nothing",
  }),
  sources: field(SourcesSchema.prefault({}), {
    means: "Where hosts fetch from: official sources, unless pointed to a mirror.",
    wanted: optionalObject,
    remedy: "leave it out on an open network",
    changes: "reinstall",
    defaultInWords: "official sources",
  }),
  trustedCaCertificates: field(z.string().min(1).optional(), {
    means: "File with certificates of authorities that hosts and containers trust besides their own, for company networks.",
    wanted: "the path of a PEM file with certificates and no private key",
    remedy: "give the path of your company's CA bundle, or leave it out",
    changes: "image",
    defaultInWords: "none",
  }),
  standIns: field(StandInsSchema.prefault({}), {
    means: "Parts that stand in for real ones in tests.",
    wanted: optionalObject,
    remedy: "leave it out for real work",
    changes: "model",
    defaultInWords: "none stands in",
  }),
  anthropic: field(AnthropicSchema.prefault({}), {
    means: "How the model is reached.",
    wanted: optionalObject,
    remedy: "leave it out for Anthropic's own API",
    changes: "model",
    defaultInWords: "Anthropic's own API",
  }),
});

/** The secret keys beside the plain ones: each a text, or a map from host name to text. */
export const secretFields = {
  anthropicApiKey: {
    perHost: false,
    means: "API key for the model. Give this or `claudeCodeOauthToken`.",
    changes: "model",
  },
  claudeCodeOauthToken: {
    perHost: false,
    means: "Token of a Claude subscription (`claude setup-token` prints it), instead of an API key.",
    changes: "model",
  },
  gitTokens: {
    perHost: true,
    means: "Token for `egress.git`, by the git host: `--path 'gitTokens[\"github.com\"]'`. It is added outside of the containers.",
    changes: "egress",
  },
  sshPrivateKeys: {
    perHost: true,
    means: "Private key to log in to an ssh host with, without a passphrase, instead of a file or an agent.",
    changes: "reconnect",
  },
  sudoPasswords: {
    perHost: true,
    means: "Password for sudo on an ssh host whose user may not use sudo without one.",
    changes: "reconnect",
  },
} as const;

/** Name of a secret key. */
export type SecretName = keyof typeof secretFields;
