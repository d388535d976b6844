/**
 * The program that the conformance test runs: it makes the resources that `input.json` lists. Written as text because
 * it runs in a directory of its own, by the real engine.
 */
export const PROGRAM = `
import { readFileSync } from "node:fs";
import { local, remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

const input = JSON.parse(readFileSync("input.json", "utf8"));
const types = { local: local.Command, remote: remote.Command, copy: remote.CopyToRemote };
const outputs = {};
for (const [name, { type, secretStdin, file, directory, text, ...args }] of Object.entries(input)) {
  if (type === "run") {
    outputs[name] = local.runOutput(args).stdout;
    continue;
  }
  if (secretStdin) args.stdin = pulumi.secret(secretStdin);
  if (file) args.source = new pulumi.asset.FileAsset(file);
  if (directory) args.source = new pulumi.asset.FileArchive(directory);
  if (text) args.source = new pulumi.asset.StringAsset(text);
  const made = new types[type](name, args);
  outputs[name] = { stdout: made.stdout ?? "", stderr: made.stderr ?? "", assets: pulumi.output(made.assets).apply((assets) => Object.keys(assets ?? {}).sort()) };
}
export default outputs;
`;
