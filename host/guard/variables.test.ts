import fc from "fast-check";
import { expect, test } from "vitest";
import { looksSecret, mayTravel } from "../../contract/secretNames.ts";
import { egressOf } from "./egress.ts";
import { parse } from "./grammar.ts";
import { Refusal } from "./refusal.ts";
import { decideOn, policyWith, runOf } from "./testPolicy.ts";
import { variablesOf, type Variables } from "./variables.ts";

const given = (policy: ReturnType<typeof policyWith>, ...variables: string[]): Variables => {
  const role = policy.roles.at(-1)!;
  return variablesOf(parse(["run", ...variables.flatMap((one) => ["-e", one]), "nanoclaw-agent:latest"]), policy, role, egressOf(policy, role));
};

test("a secret given by -e goes through podman's environment, not its command line", () => {
  const { argv } = decideOn(policyWith(), runOf("family", ["-e", "ANTHROPIC_API_KEY=key-1", "-e", "GITHUB_TOKEN=git-1"]));
  expect(argv).toContain("--env=ANTHROPIC_API_KEY");
  expect(JSON.stringify(argv)).not.toMatch(/key-1|git-1|GITHUB_TOKEN/);
});

test("names that say secret are taken as secret, in the plural and with a number too", () => {
  const secret = ["GITHUB_TOKEN", "MY_API_KEY", "OPENAI_APIKEY", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "GH_PAT", "X_AUTH", "ssh_private_key", "NANOCLAW_GITHUB_TOKENS", "CLAUDE_CODE_GIT_PATS", "NANOCLAW_TOKEN2", "CLAUDE_CODE_API_KEYS", "NANOCLAW_CREDENTIALS", "NANOCLAW_DB_PASS", "KEY_PASSPHRASE"];
  expect(secret.filter((name) => !looksSecret(name))).toEqual([]);
  const plain = ["TZ", "HOME", "ANTHROPIC_BASE_URL", "NO_PROXY", "MONKEY", "CLAUDE_CODE_MAX_OUTPUT_TOKENS", "MAX_THINKING_TOKENS", "CLAUDE_CODE_FILE_READ_MAX_OUTPUT_TOKENS", "NANOCLAW_COMPASS"];
  expect(plain.filter(looksSecret)).toEqual([]);
});

test.each(["NANOCLAW_GITHUB_TOKENS=x", "CLAUDE_CODE_GIT_PATS=y", "NANOCLAW_X=ghp_canary", "NANOCLAW_X=a github_pat_canary", "CLAUDE_CODE_EXTRA={\"k\":\"sk-ant-canary\"}", "TZ=xoxb-canary", "NANOCLAW_PEM=-----BEGIN OPENSSH PRIVATE KEY-----", "UNHEARD_OF=glpat-canary"])("a role that is not given it loses the secret %s", (text) => {
  const decision = decideOn(policyWith(), runOf("family", ["-e", text]));
  expect(decision).toMatchObject({ allowed: true, reason: expect.stringContaining("dropped: 1") });
  expect(JSON.stringify(decision.argv)).not.toContain(text.split("=")[0] === "TZ" ? "xoxb" : text.split("=")[0]);
});

test("a variable that is no secret goes on as it is", () => {
  expect(given(policyWith(), "CLAUDE_CODE_MAX_OUTPUT_TOKENS=32000", "TZ=Europe/Berlin")).toMatchObject({ flags: expect.arrayContaining(["--env=CLAUDE_CODE_MAX_OUTPUT_TOKENS=32000", "--env=TZ=Europe/Berlin"]), environment: {}, dropped: 0 });
});

test("a proxy's password enters an open network's container alone", () => {
  const address = "HTTPS_PROXY=http://agent:aoc_canary@gateway:1";
  expect(given(policyWith(), address).environment).toEqual({ HTTPS_PROXY: "http://agent:aoc_canary@gateway:1" });
  const shut = given(policyWith({ roles: { untrusted: { network: "api-only" } } }), address);
  expect(shut).toMatchObject({ environment: {}, dropped: 1 });
  expect(JSON.stringify(shut)).not.toContain("canary");
});

const obeyed = ["LD_PRELOAD", "LD_AUDIT", "GLIBC_TUNABLES", "CONTAINERS_CONF", "CONTAINERS_CONF_OVERRIDE", "CONTAINERS_STORAGE_CONF", "CONTAINER_HOST", "_CONTAINERS_USERNS_CONFIGURED", "DOCKER_HOST", "XDG_CONFIG_HOME", "STORAGE_DRIVER", "STORAGE_OPTS", "TMPDIR", "PATH", "NODE_OPTIONS", "REGISTRY_AUTH_FILE", "DBUS_SESSION_BUS_ADDRESS", "GODEBUG", "SSL_CERT_FILE", "BASH_ENV"];

test("with the filter of secrets off, and for a role that lists the name, no caller's variable changes podman itself", () => {
  const off = policyWith({ hardening: { secrets: false } });
  const listed = policyWith({ roles: { untrusted: { secrets: obeyed } } });
  for (const name of obeyed) {
    for (const policy of [off, listed]) {
      for (const value of ["/x.so", "http://a:b@c", "ghp_canary"]) {
        try {
          expect(given(policy, `${name}=${value}`).environment).toEqual({});
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }
    }
  }
  // In the container, and on the command line, such a variable is nobody's business.
  expect(given(off, "LD_PRELOAD=/x.so").flags).toContain("--env=LD_PRELOAD=/x.so");
});

test("a secret under a name that podman obeys, or that says nothing, is refused and not left out without a word", () => {
  const off = policyWith({ hardening: { secrets: false } });
  for (const text of ["LD_PRELOAD=ghp_canary", "FOO=http://a:b@c", "REGISTRY_AUTH_FILE=/x"]) expect(() => given(off, text)).toThrow(/^--env \w+: wanted a secret under a name that says so/);
});

test("for any variable, what reaches podman's environment has a name that says secret or address", () => {
  const name = fc.oneof(fc.constantFrom(...obeyed), fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,12}$/), fc.stringMatching(/^[A-Z]{1,4}_(TOKEN|KEY|URL|PROXY)$/));
  fc.assert(
    fc.property(name, fc.constantFrom("x", "http://a:b@c", "sk-ant-canary"), fc.boolean(), (variable, value, off) => {
      const policy = off ? policyWith({ hardening: { secrets: false } }) : policyWith({ environment: [`${variable[0]!}*`], roles: { untrusted: { secrets: [variable] } } });
      try {
        const { environment, flags } = given(policy, `${variable}=${value}`);
        expect(Object.keys(environment).filter((one) => !mayTravel(one))).toEqual([]);
        if (value !== "x") expect(flags.join(" ")).not.toContain(value);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    }),
  );
});
