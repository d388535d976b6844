import { spawnSync } from "node:child_process";

/** What can be reached from this computer. */
export interface Reached {
  github: boolean;
  containerRegistry: boolean;
  /** True when the model can really be used: its address answers and a credential is there. */
  model: boolean;
  /** The npm registry that this computer is set to use, when it is not the official one. */
  npmRegistry: string | null;
}

const officialNpmRegistry = "https://registry.npmjs.org/";

/** Any HTTP answer counts, a refusal too: it shows that the way is open. */
function answers(url: string): boolean {
  const { status } = spawnSync("curl", ["--silent", "--output", "/dev/null", "--max-time", "6", "--retry", "1", url]);
  return status === 0;
}

function found(what: string, url: string, otherwise: string): boolean {
  const ok = answers(url);
  console.log(`${what}: ${ok ? "reached" : `not reached (${new URL(url).host} did not answer in 6 s): ${otherwise}`}`);
  return ok;
}

/** Tries the official sources once each, and prints what it found and what follows. */
export function probeSources(): Reached {
  const github = found("NanoClaw's repository", "https://github.com/qwibitai/nanoclaw", "the fixture in test/fixtures/nanoclaw runs instead");
  const containerRegistry = found("the base image", "https://registry-1.docker.io/v2/", "one is made by test/standins/base-image");
  const key = Boolean(process.env["ANTHROPIC_API_KEY"] || process.env["CLAUDE_CODE_OAUTH_TOKEN"]);
  const model = key && found("the model", "https://api.anthropic.com/", "the stand-in in test/standins/messages-api answers");
  if (!key) console.log("the model: no ANTHROPIC_API_KEY or CLAUDE_CODE_OAUTH_TOKEN is set: the stand-in in test/standins/messages-api answers");
  const configured = spawnSync("npm", ["config", "get", "registry"]).stdout.toString().trim();
  const npmRegistry = configured === "" || configured === officialNpmRegistry ? null : configured;
  if (npmRegistry !== null) console.log(`npm: the registry that this computer is set to use`);
  return { github, containerRegistry, model, npmRegistry };
}
