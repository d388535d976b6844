import type { GuardPolicy } from "../../contract/policy.ts";
import { CONTAINER_NAME } from "./commands.ts";
import { Refusal } from "./refusal.ts";
import { matches } from "./roles.ts";

/**
 * The name of a container as podman knows it: NanoClaw's, with this install's id at the end. So two installs on a host
 * cannot stop each other's containers: neither can spell the other's names. A name that has the ending already (from
 * `ps`) stays as it is. @throws Refusal when it is not a name that NanoClaw gives
 */
export function ownContainer(policy: GuardPolicy, name: string): string {
  if (!CONTAINER_NAME.test(name)) throw new Refusal("container-foreign", "the container", "a name that begins with nanoclaw-", name, "use podman itself, as the service user, for other containers");
  return name.endsWith(`-${policy.install}`) ? name : `${name}-${policy.install}`;
}

/** The image, spelled so that podman cannot look for it in a registry. @throws Refusal when it is not the policy's */
export function imageReference(policy: GuardPolicy, text: string): string {
  const plain = text.replace(/^localhost\//, "");
  const tagged = /:[^/]*$/.test(plain) ? plain : `${plain}:latest`;
  if (!/^[a-z0-9][A-Za-z0-9._/-]*:[A-Za-z0-9_.-]+$/.test(tagged) || !policy.images.some((pattern) => imageMatches(pattern, tagged))) {
    throw new Refusal("image", "the image", policy.images.join(" or "), text, "set nanoclaw's image in the stack, or add it to the policy's `images`");
  }
  return `localhost/${tagged}`;
}

/** `name:tag` against a pattern, in which each half may end in `*`. */
function imageMatches(pattern: string, image: string): boolean {
  const [name, tag] = halves(pattern);
  const [imageName, imageTag] = halves(image);
  return matches(name, imageName) && matches(tag, imageTag);
}

function halves(image: string): [string, string] {
  const colon = image.lastIndexOf(":");
  return [image.slice(0, colon), image.slice(colon + 1)];
}
