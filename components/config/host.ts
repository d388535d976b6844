import { z } from "zod";
import { containersRange, cpuOvercommitRange } from "../sizing.ts";
import { EgressSchema } from "./egress.ts";
import { field } from "./field.ts";
import { isTimeZone } from "./formats.ts";
import { MachineSchema } from "./machine.ts";
import { NanoclawSchema } from "./nanoclaw.ts";
import { AdditionalMountsSchema, MountAllowlistSchema, PolicySchema } from "./policyFields.ts";

/** A NanoClaw variable's value: YAML's numbers and booleans are taken as they are written. */
const environmentValue = z
  .union([z.string(), z.number(), z.boolean()])
  .transform(String)
  .refine((text) => !/[\n\r\0]/.test(text));

/** One host without its machine: the fields that `defaults` may give too. */
export const hostFields = {
  containers: field(z.int().min(containersRange.min).max(containersRange.max), {
    means: "N: how many agent containers the host must be able to run at once. Memory, CPU and disk follow from it.",
    wanted: `a whole number from ${containersRange.min} to ${containersRange.max}`,
    remedy: "say how many agents may work at the same time on this host, such as 1, 2 or 4; spread more over several hosts",
    changes: "caps",
    defaultInWords: "none: it must be given",
  }),
  browser: field(z.boolean().default(true), {
    means: "Whether agents use Chromium: 4 GiB per container with it, 2 GiB without.",
    wanted: "true or false",
    remedy: "use false for agents that need no browser",
    changes: "caps",
  }),
  cpuOvercommit: field(z.number().min(cpuOvercommitRange.min).max(cpuOvercommitRange.max).default(1), {
    means: "How many times the machine's CPUs may be promised to containers. Memory is never promised twice.",
    wanted: `a number from ${cpuOvercommitRange.min} to ${cpuOvercommitRange.max}`,
    remedy: "use 1 so that every container always gets its CPUs, or 1.5 when agents mostly wait for the model",
    changes: "caps",
  }),
  profile: field(z.enum(["personal", "shared", "untrusted", "production"]).default("personal"), {
    means: "The set of security defaults, by who may talk to the agents.",
    wanted: "personal, shared, untrusted or production",
    remedy: "use personal when only you talk to the agents",
    changes: "network",
  }),
  policy: field(PolicySchema.prefault({}), {
    means: "Changes to the profile: values of the guard's policy by name (docs/SECURITY.md). What makes it weaker is a warning at preview.",
    wanted: "an object with the fields below",
    remedy: "leave it out to keep the profile as it is",
    changes: "nextRun",
    defaultInWords: "the profile as it is",
  }),
  additionalMounts: field(AdditionalMountsSchema.default([]), {
    means: "Directories of the host that agents may be given below /workspace/extra. NanoClaw's own allowlist is made from them too.",
    wanted: "a list of {path, access: ro or rw (default ro), roles: a list (default [main])}, paths absolute and without : , \" \\",
    remedy: "name the one directory that the agents need, such as /srv/projects/website",
    changes: "service",
  }),
  mountAllowlist: field(MountAllowlistSchema.optional(), {
    means: "NanoClaw's own mount-allowlist.json, as a path on this computer or written here. Its roots become additional mounts; it is put where NanoClaw reads it.",
    wanted: "the path of a JSON file, or an object with allowedRoots, blockedPatterns and nonMainReadOnly",
    remedy: "leave it out: `additionalMounts` is enough",
    changes: "service",
    defaultInWords: "made from `additionalMounts`",
  }),
  nanoclaw: field(NanoclawSchema.prefault({}), {
    means: "Which NanoClaw runs, and where it comes from.",
    wanted: "an object with the fields below",
    remedy: "leave it out to run NanoClaw's own release",
    changes: "release",
    defaultInWords: "the newest known version, from NanoClaw's own repository",
  }),
  egress: field(EgressSchema.prefault({}), {
    means: "What agents reach, and how.",
    wanted: "an object with the fields below",
    remedy: "leave it out for the profile's mode",
    changes: "nextRun",
    defaultInWords: "the profile's mode",
  }),
  environment: field(z.record(z.string(), environmentValue).default({}), {
    means: "Variables for NanoClaw's process. Never secrets: they are shown by `pulumi preview` and stored in plain text.",
    wanted: "names such as LOG_LEVEL, each with a text of one line",
    remedy: "write `NAME: value` lines",
    changes: "service",
  }),
  assistantName: field(z.string().regex(/^[^\s"'$`\\][^\n"'$`\\]{0,48}$/).default("Andy"), {
    means: "The name that the assistant answers to.",
    wanted: "1 to 49 characters, none of them a quote, $ or \\",
    remedy: "use a short name, such as Andy",
    changes: "service",
  }),
  timezone: field(z.string().refine(isTimeZone).default("UTC"), {
    means: "Time zone of scheduled tasks and of what the agent calls today.",
    wanted: "a name of the IANA time zone database, such as Europe/Berlin",
    remedy: "`timedatectl list-timezones` prints the names",
    changes: "service",
  }),
  agentReplyTimeoutSeconds: field(z.int().min(10).max(3600).default(300), {
    means: "How long the smoke test waits for an agent's reply, in seconds.",
    wanted: "a whole number of seconds from 10 to 3600",
    remedy: "use 300; more on a slow machine",
    changes: "nothing",
  }),
};

/** One host. */
export const HostSchema = field(z.strictObject({ machine: MachineSchema, ...hostFields }), {
  means: "One host.",
  wanted: "an object with at least machine and containers",
  remedy: "copy an example from stacks/, such as stacks/ssh.example.yaml",
  changes: "host",
});

/** What `defaults` may hold: any field of a host but its machine. It is merged into the hosts before they are read. */
export const HostDefaultsSchema = z.strictObject(hostFields).partial();
