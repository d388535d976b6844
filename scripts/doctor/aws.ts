import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { explainAws, isDenied } from "../../components/machine/ec2/awsErrors.ts";
import type { Check } from "../../contract/doctor.ts";
import { root } from "../onHost/stack.ts";
import { check } from "./check.ts";
import type { ConfiguredHost } from "./stackState.ts";
import { isStandIn, onPath, standInRemedy } from "./toolchain.ts";

/** Milliseconds that AWS has for the one question that is asked. */
const patienceMs = 15_000;

/** What a stack with EC2 hosts needs besides: the plugin, and credentials that AWS takes in each region; none for other stacks. */
export async function awsChecks(hosts: readonly ConfiguredHost[]): Promise<Check[]> {
  const places = hosts.flatMap(({ kind, region, awsProfile }) => (kind === "ec2" && region !== undefined ? [{ region, profile: awsProfile }] : []));
  if (places.length === 0) return [];
  const once = places.filter(({ region, profile }, index) => places.findIndex((other) => other.region === region && other.profile === profile) === index);
  return [awsPlugin(), ...(await Promise.all(once.map(credentials)))];
}

function awsPlugin(): Check {
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { dependencies: Record<string, string> };
  const version = dependencies["@pulumi/aws"]!;
  const name = "pulumi-resource-aws";
  const installed = join(process.env["PULUMI_HOME"] ?? "", "plugins", `resource-aws-v${version}`, name);
  const file = onPath(name) ?? (existsSync(installed) ? installed : undefined);
  const wanted = `the official ${version}`;
  if (file === undefined) {
    // Pulumi fetches it at the first preview, unless it was told not to.
    const fetched = process.env["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] !== "true";
    return check("aws plugin", wanted, { ok: false, note: fetched, got: fetched ? "none yet: the first preview fetches it" : "none" }, `pulumi plugin install resource aws v${version}`);
  }
  return check("aws plugin", wanted, isStandIn(file) ? { ok: false, note: true, got: "the stand-in of test/standins" } : { ok: true, got: file === installed ? version : file }, standInRemedy);
}

async function credentials({ region, profile }: { region: string; profile: string | undefined }): Promise<Check> {
  const name = `AWS in ${region}`;
  const wanted = "credentials that AWS takes";
  const { EC2Client, DescribeRegionsCommand } = await import("@aws-sdk/client-ec2");
  const client = new EC2Client({ region, maxAttempts: 1, ...(profile === undefined ? {} : { profile }) });
  try {
    await client.send(new DescribeRegionsCommand({ RegionNames: [region] }), { abortSignal: AbortSignal.timeout(patienceMs) });
    return check(name, wanted, { ok: true, got: "credentials that it takes" }, "");
  } catch (error) {
    const said = `${(error as Error).name}: ${(error as Error).message}`;
    // Who may not list regions is known nevertheless.
    if (isDenied(said)) return check(name, wanted, { ok: true, got: "credentials that it takes, without a right to list regions" }, "");
    const known = explainAws(said, "host");
    if (known !== undefined) return check(name, wanted, { ok: false, got: known.given }, known.remedy);
    return check(name, wanted, { ok: false, note: true, got: `no answer that tells: ${said.split("\n")[0]}` }, "check that this computer reaches AWS; `aws sts get-caller-identity` asks the same");
  } finally {
    client.destroy();
  }
}
