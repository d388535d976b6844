/**
 * How NanoClaw's versions call `docker`, as data, from its sources. docs/ARCHITECTURE.md shows what the guard makes of
 * each, and test/e2e/dev.test.ts runs on a host those that have `onHost`.
 */

/** One call. */
export interface DockerCall {
  /** As NanoClaw writes it, after `docker`. `NAME` is a container's name. */
  readonly argv: readonly string[];
  /** Which versions, and when. */
  readonly by: string;
  /**
   * What a host must say to it: an exit status, and a text that its output has. `NAME` then is a running container of
   * this install. Null: not run there by itself, `otherwise` says why not or what runs it.
   */
  readonly onHost: { readonly exitCode: number; readonly output: string } | null;
  readonly otherwise?: string;
}

/** In the order of a container's life. */
export const dockerCalls: readonly DockerCall[] = [
  { argv: ["info"], by: "every version, at its start: it ends when this fails", onHost: { exitCode: 0, output: "rootless: true" } },
  { argv: ["--version"], by: "v2's migration", onHost: { exitCode: 0, output: "podman version" } },
  { argv: ["version", "--format", "{{.Client.Version}}"], by: "people", onHost: { exitCode: 0, output: "." } },
  { argv: ["build", "-t", "nanoclaw-agent:latest", "."], by: "every version's setup", onHost: null, otherwise: "the agentImage step builds the image at `pulumi up` instead" },
  { argv: ["images", "--format", "{{.Repository}}"], by: "people", onHost: { exitCode: 0, output: "nanoclaw-agent" } },
  { argv: ["image", "inspect", "nanoclaw-agent:latest"], by: "v2's setup", onHost: { exitCode: 0, output: '"Id"' } },
  { argv: ["run", "-i", "--rm", "--entrypoint", "/bin/echo", "nanoclaw-agent:latest", "Container OK"], by: "every version's setup", onHost: { exitCode: 0, output: "Container OK" } },
  { argv: ["run", "-i", "--rm", "--name", "nanoclaw-main-1700000000000", "-e", "TZ=UTC", "nanoclaw-agent:latest"], by: "1.1, for each agent, with `-v` for each mount", onHost: null, otherwise: "every smoke test runs one: proof `agent-replies`" },
  { argv: ["ps", "--filter", "name=nanoclaw-", "--format", "{{.Names}}"], by: "1.x and the fork, at their start: what runs is an orphan", onHost: { exitCode: 0, output: "NAME" } },
  { argv: ["ps", "--filter", "label=nanoclaw-install=0a1b2c3d", "--format", "{{.Names}}"], by: "v2, at its start", onHost: { exitCode: 0, output: "" } },
  { argv: ["ls", "--format", "json"], by: "the fork, before each run (docker has no `ls`; the guard answers)", onHost: { exitCode: 0, output: '"status":"running"' } },
  { argv: ["ls", "-a"], by: "the fork, when that fails", onHost: { exitCode: 0, output: "running" } },
  { argv: ["inspect", "NAME"], by: "people", onHost: { exitCode: 0, output: '"Id"' } },
  { argv: ["logs", "NAME"], by: "people", onHost: { exitCode: 0, output: "" } },
  { argv: ["stop", "NAME"], by: "1.1, at a time-out, and orphans", onHost: { exitCode: 0, output: "" } },
  { argv: ["stop", "-t", "1", "NAME"], by: "1.2 and v2", onHost: { exitCode: 0, output: "" } },
  { argv: ["stop", "-s", "SIGKILL", "-t", "1", "NAME"], by: "the fork, when `stop` did not help", onHost: { exitCode: 0, output: "" } },
  { argv: ["kill", "NAME"], by: "the fork, when that did not help either", onHost: { exitCode: 0, output: "" } },
  { argv: ["rm", "-f", "NAME"], by: "v2's setup", onHost: { exitCode: 0, output: "" } },
  { argv: ["exec", "NAME", "sh"], by: "no version; people", onHost: { exitCode: 125, output: "command-unknown" } },
  { argv: ["run", "--privileged", "nanoclaw-agent:latest"], by: "no version", onHost: { exitCode: 125, output: "privileged" } },
];
