import { readFileSync } from "node:fs";
import { join } from "node:path";
import { knownAwsErrors } from "../../../components/machine/ec2/awsErrors.ts";

/** What the place that raises an error leaves to data or to another file: its causes and cures. */

/** One cause, as a row of the catalogue has it. */
export interface Cause {
  readonly wanted: string;
  readonly given: string;
  readonly remedy: string;
}

/** The table in podman's assert.sh: `["what", jq's way to it, "wanted", "cure"]`. */
function podmanCauses(): Cause[] {
  const source = readFileSync(join(import.meta.dirname, "../../../host/steps/podman/assert.sh"), "utf8");
  return [...source.matchAll(/^ +\["([\w ]+)", .*, "([\w ]+)",\s+"([^"]+)"\]/gm)].map(([, what, wanted, remedy]) => ({ wanted: `${what}: ${wanted}`, given: "another value", remedy: remedy! }));
}

/** By `file: field` of the place in the sources, as `raised()` has them. */
export const unsaid: Readonly<Record<string, readonly Cause[]>> = {
  "components/machine/ec2/awsErrors.ts: <path>.<field>": knownAwsErrors.map(({ field, wanted, remedy }) => ({ wanted: `${wanted} (${field})`, given: "AWS's own words, or none", remedy })),
  "host/steps/podman/assert.sh: podman <field>": podmanCauses(),
  "components/config/environmentRules.ts: <path>.<name>": [
    { wanted: "no secrets here: this map is stored and shown in plain text", given: "a name that secrets have, such as with KEY or TOKEN in it", remedy: "remove it; `pulumi config set --secret anthropicApiKey`, or `claudeCodeOauthToken`, takes the secrets that can be given" },
    { wanted: "a variable that the runtime does not set itself", given: "one that another field makes, such as TZ or MAX_CONCURRENT_CONTAINERS", remedy: "remove it and set that field, which the message names: `timezone`, `containers`, `assistantName`" },
    { wanted: "a variable of NanoClaw", given: "one that changes how programs start, such as PATH or NODE_OPTIONS", remedy: "remove it: it would change which programs run, or where" },
    { wanted: "capital letters, digits and underscores", given: "a name in another form", remedy: "write it as NanoClaw does, such as LOG_LEVEL" },
  ],
  "contract/mountAllowlist.ts: <field><at>": [
    { wanted: "a list as NanoClaw's own ~/.config/nanoclaw/mount-allowlist.json: allowedRoots, blockedPatterns and nonMainReadOnly", given: "another member, a value of another kind, or a root that may not be mounted", remedy: "correct the member that the error names; for a root: mount the one directory that the agent needs, outside of NanoClaw's own and the system's" },
  ],
  "components/hostObservation.ts: <path>.machine": [
    { wanted: "a machine that answers over SSH", given: "Host key verification failed", remedy: "compare the key on the machine's own console with `hostKey`; update that if the machine was installed anew, else somebody is in between" },
    { wanted: "a machine that answers over SSH", given: "Permission denied", remedy: "check `user`, and that the public half of the key is in that user's ~/.ssh/authorized_keys" },
    { wanted: "a machine that answers over SSH", given: "a key that cannot be loaded", remedy: "give a private key in OpenSSH's format without a passphrase, or use `agent: true`" },
    { wanted: "a machine that answers over SSH", given: "sudo refused the password", remedy: "set it anew: `pulumi config set --secret --path sudoPasswords.<host>`" },
    { wanted: "a machine that answers over SSH", given: "Connection refused", remedy: "check `port`, and that sshd runs on the machine" },
    { wanted: "a machine that answers over SSH", given: "no answer", remedy: "check `address`, the network between here and there, and that the machine is on" },
    { wanted: "a machine that answers over SSH", given: "its VM does not run", remedy: "run `pulumi up`, which starts it; the message names its console log" },
    { wanted: "a machine that answers over SSH", given: "its VM is paused: the operator's disk is full", remedy: "free some space on this computer (`df -h .state`) and run `pulumi up`, which lets it go on" },
    { wanted: "a machine that answers over SSH", given: "its VM runs, but does not answer", remedy: "see its console log, which the message names; if it hangs, end its QEMU and run `pulumi up`, which boots it again" },
  ],
  "components/instanceChoice.ts: containers": [
    { wanted: "a number that an <architecture> instance type fits", given: "more than the largest known type has room for", remedy: "set `containers` to the largest number that fits, which the message names, and spread agents over several hosts; `cpuOvercommit: 1.5` needs fewer CPUs" },
  ],
  "host/steps/release/apply.sh: <what>": [
    { wanted: "exit code 0", given: "npm ci failed: a git or registry address of package-lock.json cannot be reached from the host", remedy: "set `sources.npmRegistry` and `trustedCaCertificates`; where the host reaches no git host, use `nanoclaw.archive`" },
    { wanted: "exit code 0", given: "npm run build failed", remedy: "this commit does not build with the Node of its version: choose another commit" },
  ],
  "host/steps/smoke/apply.sh: smoke": [
    { wanted: "every proof to hold", given: "names of proofs that failed", remedy: "what [Proofs that fail](#proofs-that-fail) says of the first of them" },
  ],
  "toolchain/parts/packages.sh: packages": [
    { wanted: "names of packages", given: "no right to install them (not root, and sudo asks for a password)", remedy: "run the `sudo apt-get install …` that the message ends with, then the command again" },
  ],
};
