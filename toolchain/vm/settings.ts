import { z } from "zod";

import { Refusal } from "../../components/refusal.ts";

const port = z.int("a whole number from 1024 to 65535").min(1024).max(65535);

/** Which system is on the disk. `auto`: Ubuntu 24.04's cloud image when it can be had, else Debian 13 made by mmdebstrap. */
export const ImageChoice = z.enum(["auto", "ubuntu-24.04", "debian-13", "debian-12"]);
export type ImageChoice = z.infer<typeof ImageChoice>;

/**
 * Settings of one local VM: one JSON object on the CLI's stdin, the same one for every verb,
 * so that Pulumi can send what it stored at creation when it destroys.
 */
export const VmSettings = z.strictObject({
  /** Name of the VM and its host name. 1 to 31 of a–z, 0–9 and "-". Changing it makes another VM. */
  name: z.string("a name").regex(/^[a-z][a-z0-9-]{0,30}$/, "1 to 31 of a-z, 0-9 and -, beginning with a letter"),
  /** Folder that holds `vms/<name>/`; a relative path counts from the working directory. */
  stateDir: z.string("a folder").min(1, "a folder"),
  /** Changing it to another system installs a new one; the state disk stays. Default "auto". */
  image: ImageChoice.default("auto"),
  /** Memory in MiB, 512 to 1048576, default 4096. A change restarts the VM. */
  memoryMiB: z.int().min(512).max(1_048_576).default(4096),
  /** Virtual CPUs, 1 to 255, default 2. A change restarts the VM. */
  cpus: z.int().min(1).max(255).default(2),
  /** System disk in GiB, 4 to 2048, default 20; sparse. It can grow (restarts the VM) and not shrink. */
  systemDiskGiB: z.int().min(4).max(2048).default(20),
  /** State disk in GiB, 1 to 2048, default 10; sparse. It can grow (restarts the VM) and not shrink. */
  stateDiskGiB: z.int().min(1).max(2048).default(10),
  /** Port on 127.0.0.1 that leads to the VM's SSH. A change restarts the VM. */
  sshPort: port,
  /** Login user that cloud-init makes, default "provision". Changing it installs a new system. */
  user: z.string().regex(/^[a-z][a-z0-9_-]{0,30}$/, "a Linux user name").default("provision"),
  /** Further ports from 127.0.0.1 into the VM. A change restarts the VM. */
  forwards: z.array(z.strictObject({ hostPort: port, guestPort: z.int().min(1).max(65535) })).default([]),
  /** `auto`: KVM when a probe shows that it really boots, else emulation. A change restarts the VM. */
  accelerator: z.enum(["auto", "kvm", "tcg"]).default("auto"),
  /** Disks need not survive a power cut of the operator: faster, for tests. Default false. */
  disposable: z.boolean().default(false),
  /** Seconds for a boot until SSH answers and cloud-init is done, 10 to 3600, default 600. */
  bootTimeoutSeconds: z.int().min(10).max(3600).default(600),
  /** `down` also deletes the state disk. Default false. */
  deleteState: z.boolean().default(false),
});
export type VmSettings = z.infer<typeof VmSettings>;

/** What `prepare-image` needs. */
export const ImageSettings = z.strictObject({
  image: ImageChoice.default("auto"),
  accelerator: z.enum(["auto", "kvm", "tcg"]).default("auto"),
});

/** The part of the settings that says which VM is meant. */
export type VmIdentity = Pick<VmSettings, "name" | "stateDir">;

/** Parses settings; throws one error that names every wrong field. */
export function parseSettings<T>(schema: z.ZodType<T>, text: string): T {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new Refusal({
      field: "settings (stdin)",
      wanted: "one JSON object",
      given: text.trim() === "" ? "nothing" : `something else (${(error as Error).message})`,
      remedy: "send the VM's settings as JSON, see toolchain/vm/settings.ts",
    });
  }
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map((issue) => {
    const field = (issue.code === "unrecognized_keys" ? issue.keys.join(", ") : issue.path.join(".")) || "settings";
    const wanted = issue.code === "unrecognized_keys" ? "only known fields" : issue.message;
    const value = field.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], data);
    const given = value === undefined ? "nothing" : JSON.stringify(value);
    return new Refusal({ field, wanted, given, remedy: "see toolchain/vm/settings.ts for the fields, their units and ranges" }).message;
  });
  throw new Error(lines.join("\nerror: "));
}
