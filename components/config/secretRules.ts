import { show, type ConfigError } from "../configErrors.ts";
import { secretFields, type SecretName } from "../configSchema.ts";
import { privateKeyFault } from "./formats.ts";
import { nearest } from "./nearest.ts";
import { isObject } from "./schemaWalk.ts";
import type { StackConfig } from "./types.ts";

/** One secret key as the stack has it. The value is looked at here and nowhere else, and never quoted. */
export interface GivenSecret {
  value: unknown;
  /** True when Pulumi stores it encrypted. */
  encrypted: boolean;
}

/** The secret keys that are set. */
export type GivenSecrets = Partial<Record<SecretName, GivenSecret>>;

/** Checks what can be said of the secrets by themselves: encrypted, of the right form, not two credentials. */
export function secretRules(secrets: GivenSecrets): ConfigError[] {
  const names = Object.keys(secretFields) as SecretName[];
  const errors = names.flatMap((name) => {
    const given = secrets[name];
    return given ? (given.encrypted ? formRule(name, given.value) : [plainText(name)]) : [];
  });
  if (secrets.anthropicApiKey && secrets.claudeCodeOauthToken) {
    errors.push({
      field: "claudeCodeOauthToken",
      wanted: "one credential for the model",
      given: "both anthropicApiKey and claudeCodeOauthToken",
      remedy: "`pulumi config rm claudeCodeOauthToken` keeps the API key",
    });
  }
  return errors;
}

/** Checks the secrets against the hosts that they are for. */
export function secretsForHostsRules(secrets: GivenSecrets, config: StackConfig): ConfigError[] {
  const ssh = config.hosts.filter((host) => host.machine.kind === "ssh").map((host) => host.name);
  const hosts = config.hosts.flatMap((host): ConfigError[] => {
    const { machine } = host;
    if (machine.kind !== "ssh") return [];
    const key = isObject(secrets.sshPrivateKeys?.value) && host.name in secrets.sshPrivateKeys.value;
    const ways = [
      ...(machine.privateKeyFile === undefined ? [] : ["`privateKeyFile`"]),
      ...(machine.agent ? ["`agent`"] : []),
      ...(key ? ["the secret sshPrivateKeys"] : []),
    ];
    if (ways.length === 1) return [];
    return [
      {
        field: `${host.path}.machine.privateKeyFile`,
        wanted: "one way to log in",
        given: ways.length === 0 ? "nothing" : ways.join(" and "),
        remedy:
          ways.length === 0
            ? "name the file of your private key, or write `agent: true`, or run " +
              `\`pulumi config set --secret --path sshPrivateKeys.${host.name} < <file>\``
            : "keep one of them",
      },
    ];
  });
  const credential = secrets.anthropicApiKey || secrets.claudeCodeOauthToken || config.standIns.messagesApi;
  return [
    ...hosts,
    ...strayNames("sshPrivateKeys", secrets, ssh),
    ...strayNames("sudoPasswords", secrets, ssh),
    ...sudoOfRootRules(secrets, config),
    ...gitTokenRules(secrets, config),
    ...(credential ? [] : [noCredential]),
  ];
}

/** root needs no sudo: a password for it is a leftover, or meant for another host. */
function sudoOfRootRules(secrets: GivenSecrets, config: StackConfig): ConfigError[] {
  const given = secrets.sudoPasswords?.value;
  const roots = config.hosts.filter(({ name, machine }) => machine.kind === "ssh" && machine.user === "root" && isObject(given) && Object.hasOwn(given, name));
  return roots.map(({ name }) => ({ field: `sudoPasswords.${name}`, wanted: "a password for a login user who needs sudo", given: "one for root, who needs none", remedy: `\`pulumi config rm --path sudoPasswords.${name}\`` }));
}

/** Each git host that a stack names has a token, and no other has one. */
function gitTokenRules(secrets: GivenSecrets, config: StackConfig): ConfigError[] {
  const given = secrets.gitTokens?.value;
  const tokens = isObject(given) ? Object.keys(given) : [];
  const named = config.hosts.flatMap((host) => host.egress.git.map((git, index) => ({ field: `${host.path}.egress.git.${index}.host`, name: git.host })));
  const missing = named.filter(({ name }) => !tokens.includes(name));
  return [
    ...missing.map(({ field, name }) => ({ field, wanted: `a token for ${name} among the secret gitTokens`, given: "none", remedy: `\`pulumi config set --secret --path 'gitTokens["${name}"]'\` asks for it without showing it` })),
    ...tokens
      .filter((name) => named.every((git) => git.name !== name))
      .map((name) => ({ field: `gitTokens.${name}`, wanted: "a host that `egress.git` names", given: show(name), remedy: `add it to \`egress.git\`, or \`pulumi config rm --path 'gitTokens["${name}"]'\`` })),
  ];
}

const noCredential: ConfigError = {
  field: "anthropicApiKey",
  wanted: "a credential for the model",
  given: "neither anthropicApiKey nor claudeCodeOauthToken",
  remedy: "`pulumi config set --secret anthropicApiKey` asks for it without showing it",
};

function formRule(name: SecretName, value: unknown): ConfigError[] {
  if (!secretFields[name].perHost) {
    if (typeof value === "string" && isHeaderWord(value)) return [];
    const remedy = `\`pulumi config set --secret ${name}\` asks for it without showing it`;
    return [{ field: name, wanted: "one word without spaces or line ends, quotes, \\, $, ; and braces", given: "something else (not shown)", remedy }];
  }
  if (!isObject(value)) {
    const remedy = `\`pulumi config set --secret --path ${name}.<host>\` sets one`;
    return [{ field: name, wanted: "a map from host name to text", given: "something else (not shown)", remedy }];
  }
  return Object.entries(value).flatMap(([host, text]): ConfigError[] => {
    const field = `${name}.${host}`;
    const again = `\`pulumi config set --secret --path ${name === "gitTokens" ? `'gitTokens["${host}"]'` : field}\` sets it anew`;
    if (typeof text !== "string" || text === "") {
      return [{ field, wanted: "a text", given: "something else (not shown)", remedy: again }];
    }
    if (name === "gitTokens" && !isHeaderWord(text)) {
      return [{ field, wanted: "one word without spaces or line ends", given: "something else (not shown)", remedy: again }];
    }
    if (name === "sudoPasswords" && /[\n\r\0]/.test(text)) {
      return [{ field, wanted: "a password of one line", given: "several lines (not shown)", remedy: again }];
    }
    const fault = name === "sshPrivateKeys" ? privateKeyFault(text) : undefined;
    return fault ? [{ field, wanted: "a private key without a passphrase", given: fault, remedy: again }] : [];
  });
}

/** What may stand in a header that the credential proxy adds, whatever its configuration makes of special characters. */
function isHeaderWord(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text) && !/["'\\$;{}]/.test(text);
}

function plainText(name: SecretName): ConfigError {
  const path = secretFields[name].perHost ? `--path ${name}.<host>` : name;
  return {
    field: name,
    wanted: "a secret, encrypted in the stack's file",
    given: "plain text (not shown)",
    remedy:
      `\`pulumi config rm ${name}\`, then \`pulumi config set --secret ${path}\`; ` +
      "what was in plain text may lie in backups and in git: revoke it and take a new one",
  };
}

function strayNames(name: SecretName, secrets: GivenSecrets, ssh: readonly string[]): ConfigError[] {
  const value = secrets[name]?.value;
  if (!isObject(value)) return [];
  const stray = Object.keys(value).filter((host) => !ssh.includes(host));
  return stray.map((host) => {
    const meant = nearest(host, ssh);
    const remedy = meant ? `did you mean ${name}.${meant}?` : `\`pulumi config rm --path ${name}.${host}\``;
    return { field: `${name}.${host}`, wanted: "the name of an ssh host of this stack", given: show(host), remedy };
  });
}
