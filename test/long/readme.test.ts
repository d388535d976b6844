import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readmeLines } from "../docs/readmeCheckout.ts";
import { Checkout } from "../e2e/lib/checkout.ts";
import { complaints } from "../e2e/lib/pulumiOutput.ts";
import { TestVm } from "../e2e/lib/testVm.ts";

/** README as somebody reads it who only has a machine that is reached over SSH; the machine is a VM that knows nothing of us. */
let checkout: Checkout;
let vm: TestVm;

beforeAll(async () => {
  checkout = new Checkout();
  vm = await TestVm.boot({ cpus: 2, memoryMiB: 5120, systemDiskGiB: 40 });
});

afterAll(() => {
  vm?.remove();
  checkout?.remove();
});

/** What README tells to copy from the dev stack in a network where that had to use mirrors or stand-ins. */
async function standIns(): Promise<{ host: string; stack: string }> {
  const made = await checkout.run("toolchain/run.sh", ["node", "toolchain/up/devStack.ts"]);
  expect(made.code, made.output).toBe(0);
  const dev = checkout.read("stacks/Pulumi.dev.yaml");
  const stack = [...dev.matchAll(/^ {2}podman-nanoclaw-runtime:(?:sources|standIns|trustedCaCertificates):.*\n(?: {4}.*\n)*/gm)].map(([text]) => text).join("");
  return { host: /^ {6}nanoclaw:\n(?: {8}.*\n)*/m.exec(dev)?.[0] ?? "", stack };
}

/** The reader's edits: the machine's address, user and key, a size that fits this small VM, and the stand-ins. */
async function edit(hostKey: string): Promise<void> {
  checkout.write(".state/vm-key", readFileSync(vm.files.privateKey, "utf8"));
  const { host, stack } = await standIns();
  const edited = checkout
    .read("stacks/Pulumi.prod.yaml")
    .replace(/address: .*/, `address: 127.0.0.1\n        port: ${vm.at.port}`)
    .replace(/user: .*/, `user: ${vm.at.user}`)
    .replace(/privateKeyFile: .*/, "privateKeyFile: .state/vm-key")
    .replace(/hostKey: .*/, `hostKey: ${hostKey}`)
    .replace(/containers: .*/, "containers: 1\n      cpuOvercommit: 2\n      browser: false");
  checkout.write("stacks/Pulumi.prod.yaml", `${edited.trimEnd()}\n${host}${stack}`);
}

test("README's bare-metal lines, typed one after the other, lead to an agent that replies", async () => {
  const lines = readmeLines("### On bare metal");
  expect(lines).toHaveLength(7);
  // One shell for the reader, a process a line for us.
  let before = "";
  for (const line of lines) {
    const typed = line.replace("203.0.113.7", `127.0.0.1 ${vm.at.port}`).replace(/^pulumi up$/, "pulumi up --yes"); // it would ask
    const ran = await checkout.run("bash", ["-c", `${before}${typed}`], line.includes("pulumi config set") ? "sk-standin-readme" : "");
    expect(ran.code, `${line}\n${complaints(ran.output)}\n${ran.output.slice(-3000)}`).toBe(0);
    if (line.endsWith(". .state/env.sh")) before = ". .state/env.sh; ";
    if (line.startsWith("npm run -s host-key")) expect(ran.output).toContain(vm.at.hostKey);
    if (line.startsWith("cp ")) await edit(vm.at.hostKey);
    if (line.startsWith("make status")) expect(ran.output).toContain("all is well: 1 host of stack prod");
    if (line.startsWith("make chat")) expect(ran.output).toContain("hello");
  }
});
