import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DevHost } from "../../e2e/lib/devHost.ts";
import type { Weakness } from "../weaknesses.ts";
import { failingProofs, loadProofs } from "./prove.ts";

const file = (name: string): string => readFileSync(join(import.meta.dirname, "../weak", name), "utf8");

/** For a command of root's on the host: podman and systemctl --user of the service user. */
const asUser = `cd /; user() { runuser -u nanoclaw -- env HOME=/home/nanoclaw XDG_RUNTIME_DIR=/run/user/$(id -u nanoclaw) "$@"; }; podman() { user podman "$@"; }; manager() { user systemctl --user "$@"; };`;

/** Puts onto a host what weakens it. */
export function prepareWeakening(dev: DevHost): void {
  dev.onHost("install -m 755 /dev/stdin /usr/local/bin/weak-podman", file("podman"));
  dev.onHost("install -m 755 /dev/stdin /usr/local/bin/weaken.sh", file("weaken.sh"));
}

/** Names of the proofs that fail while a host is weakened so, sorted; the host is as before afterwards, however it ends. */
export function failingWithout(dev: DevHost, { policy = ".", podman = [], host: [does, undoes] = ["true", "true"], load }: Weakness): string[] {
  const uid = dev.onHost("id -u nanoclaw");
  const quoted = [policy, ...podman.map((flag) => flag.replace("UID", uid))].map((word) => `'${word}'`).join(" ");
  dev.onHost(`weaken.sh ${quoted}`);
  try {
    dev.onHost(`${asUser} ${does}`);
    return failingProofs(dev, load === true ? [] : loadProofs).sort();
  } finally {
    dev.onHost("weaken.sh");
    dev.onHost(`${asUser} ${undoes}`);
  }
}
