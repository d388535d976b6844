import * as pulumi from "@pulumi/pulumi";
import { loadConfig } from "./components/config.ts";
import { hostBundle } from "./components/hostBundle.ts";
import { observeHosts } from "./components/hostObservation.ts";
import { loginTo } from "./components/machine/login.ts";
import { lastUp } from "./components/machine/lastUp.ts";
import { machineFor } from "./components/machine/machineFor.ts";
import { NanoclawHost } from "./components/nanoclawHost.ts";
import { proofTable } from "./components/proofTable.ts";
import { sizeHost } from "./components/sizing.ts";

// The data path: config, checked as a whole; for each host its size, its machine, and what that says of itself;
// then the host, whose last resource is the smoke test.
const root = import.meta.dirname;
const { config, secrets } = await loadConfig();
const bundle = hostBundle(root, config.standIns.messagesApi ? { standInApi: "test/standins/messages-api/step" } : {});

const sized = config.hosts.map((host) => ({ host, size: sizeHost(host) }));
const last = await lastUp(config.hosts);
const observed = await observeHosts(sized, secrets, last, root);
const planned = await Promise.all(
  sized.map(async ({ host, size }) => ({ host, size, machine: await machineFor(host, size, secrets, last), sudoPassword: secrets.sudoPassword(host.name) })),
);

const hosts = planned.map(({ host, size, machine, sudoPassword }) => {
  const credentials = {
    ...(secrets.anthropicApiKey && { ANTHROPIC_API_KEY: secrets.anthropicApiKey }),
    ...(secrets.claudeCodeOauthToken && { CLAUDE_CODE_OAUTH_TOKEN: secrets.claudeCodeOauthToken }),
    // Claude Code wants one before it asks; the stand-in of the API takes any word.
    ...(config.standIns.messagesApi && !secrets.anthropicApiKey && !secrets.claudeCodeOauthToken && { ANTHROPIC_API_KEY: pulumi.output("stand-in") }),
  };
  const gitTokens = Object.fromEntries(
    host.egress.git.flatMap(({ host: name }) => {
      const token = secrets.gitToken(name);
      return token === undefined ? [] : [[name, token]];
    }),
  );
  return new NanoclawHost(host.name, { machine, host, stack: config, size, bundle, facts: observed.get(host.name), credentials, gitTokens, sudoPassword });
});

/** The proofs of every host, as the smoke test's rows. */
export const proofs = pulumi.all(Object.fromEntries(hosts.map((host, index) => [planned[index]!.host.name, host.proofs.apply(proofTable)])));

/** How to log in to each host, for `make status` and its like. Holds private keys: encrypted in the state. */
export const logins = pulumi.all(Object.fromEntries(planned.map(({ host, machine, sudoPassword }) => [host.name, loginTo(machine, sudoPassword)])));

/** What machines of the cloud are, and what they cost a month (`monthlyCostUsd`); the next plan reads their zone and disks here. */
export const machines = pulumi.all(Object.fromEntries(planned.flatMap(({ host, machine }) => (machine.report ? [[host.name, machine.report]] : []))));
