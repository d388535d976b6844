import { Refusal } from "../refusal.ts";

/** EC2's limit for user data, in bytes as it is written (before base64). */
export const userDataLimitBytes = 16 * 1024;

/** What cloud-init/user-data.yaml leaves open. Nothing secret: everything on the machine can read user data. */
export interface UserDataValues {
  /** The login user that host steps come as; with sudo, without a password. */
  USER: string;
  /** The public half of its key, one line. */
  AUTHORIZED_KEY: string;
}

/**
 * Fills in cloud-init/user-data.yaml: the first boot of a machine of ours, the same for EC2 and for a local VM. Pure.
 * Each `"@KEY@"` becomes its value as a quoted text, so that no value can be anything but a text.
 *
 * @throws Refusal when the template asks for a value that there is none of, or the result is larger than EC2 takes
 */
export function renderUserData(template: string, values: UserDataValues): string {
  const known: Record<string, string> = { ...values };
  const text = template.replace(/"@([A-Z_]+)@"/g, (_, key: string) => JSON.stringify(known[key] ?? unknownPlaceholder(key, Object.keys(known))));
  const bytes = Buffer.byteLength(text);
  if (bytes <= userDataLimitBytes) return text;
  throw new Refusal({
    field: "cloud-init/user-data.yaml",
    wanted: `at most ${userDataLimitBytes} bytes, which is what EC2 takes`,
    given: `${bytes} bytes`,
    remedy: "move what is more than the first login into a host step",
  });
}

function unknownPlaceholder(key: string, known: string[]): never {
  throw new Refusal({
    field: "cloud-init/user-data.yaml",
    wanted: `placeholders among ${known.join(", ")}`,
    given: `@${key}@`,
    remedy: "add it to components/machine/userData.ts; never a secret",
  });
}
