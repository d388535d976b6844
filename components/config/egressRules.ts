import { doorsOf, gitRepositoriesOf, modeOf, type EgressMode } from "../../contract/egress.ts";
import { POLICY_PATTERNS } from "../../contract/policyPatterns.ts";
import { PROFILES, ROLE_FOLDERS, type RoleName } from "../../contract/profiles.ts";
import { show, type ConfigError } from "../configErrors.ts";
import { nearest } from "./nearest.ts";
import type { HostFields, PartialHostFields } from "./types.ts";

/** Rules about what agents reach. Pure. */

/** Checks a host's egress. `path` is the host's. */
export function egressRules(path: string, host: PartialHostFields): ConfigError[] {
  const { egress } = host;
  if (egress === undefined) return [];
  const at = `${path}.egress`;
  const known = roleNames(host);
  return [
    ...domainRules(`${at}.allow`, egress.allow),
    ...emptyRule(at, { ...egress, mode: inherits(egress) ? "allowlist" : egress.mode }),
    ...Object.entries(egress.roles).flatMap(([name, role]) => [
      ...roleRule(`${at}.roles.${name}`, name, known),
      ...domainRules(`${at}.roles.${name}.allow`, role.allow),
      ...emptyRule(`${at}.roles.${name}`, role),
    ]),
    ...egress.privateNetworks.flatMap((text, index) => networkRule(`${at}.privateNetworks.${index}`, text)),
    ...egress.git.flatMap((git, index) => gitRules(`${at}.git.${index}`, git, known)),
  ];
}

/** The roles that a host has: the profile's three, and those that its policy adds. */
function roleNames(host: PartialHostFields): string[] {
  const { roles } = (host as { policy?: { roles?: object } }).policy ?? {};
  return [...new Set([...Object.keys(ROLE_FOLDERS), ...Object.keys(roles ?? {})])];
}

function roleRule(field: string, name: string, known: readonly string[]): ConfigError[] {
  if (known.includes(name)) return [];
  const meant = nearest(name, known);
  return [{ field, wanted: `a role of this host (${known.join(", ")})`, given: show(name), remedy: meant ? `did you mean ${meant}?` : "use one of them, or add the role to `policy`" }];
}

/** What keeps a text from being a domain, and the domain that was probably meant. */
function domainFault(text: string): { given: string; meant?: string | undefined } | undefined {
  const bare = text.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/^\*?(?=\.)/, "").split(/[/?#]/)[0]!.replace(/:\d+$/, "");
  const meant = isDomain(bare) ? bare.toLowerCase() : undefined;
  const fault = (what: string) => ({ given: `${show(text)}, which has ${what}`, meant });
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return fault("a scheme");
  if (/^\[?[0-9a-f]*:[0-9a-f:.]+\]?(:\d+)?$/i.test(text) || /^\.?\d+(\.\d+){0,3}(\/\d+)?(:\d+)?$/.test(text)) return { given: `${show(text)}, which is an IP address` };
  if (text.includes("*")) return fault("a wildcard");
  if (text.includes("/")) return fault("a path");
  if (/:\d+$/.test(text)) return fault("a port");
  if (isDomain(text)) return undefined;
  return { given: show(text) };
}

/** True for `example.org` and `.example.org`; a top-level domain alone is neither. */
function isDomain(text: string): boolean {
  return text.length <= 254 && /^\.?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(text);
}

function domainRules(field: string, domains: readonly string[] | undefined): ConfigError[] {
  return (domains ?? []).flatMap((text, index) => {
    const fault = domainFault(text);
    if (fault === undefined) return [];
    const remedy = fault.meant === undefined ? "write example.org, or .example.org for it and all below it" : `did you mean ${fault.meant}?`;
    return [{ field: `${field}.${index}`, wanted: "a domain such as example.org or .example.org", given: fault.given, remedy }];
  });
}

/** True when some role takes the host's list for its own allowlist, whatever the host's own mode is. */
function inherits({ roles }: NonNullable<PartialHostFields["egress"]>): boolean {
  return Object.values(roles).some(({ mode, allow, presets }) => mode === "allowlist" && allow === undefined && presets === undefined);
}

/** A list that is given and holds nothing: whoever writes it means either `api-only` or to go on typing. */
function emptyRule(path: string, { allow, presets, mode }: { allow?: readonly string[] | undefined; presets?: readonly string[] | undefined; mode?: EgressMode | undefined }): ConfigError[] {
  const given = [allow, presets].filter((list) => list !== undefined);
  if (given.length === 0 || given.some((list) => list.length > 0) || (mode !== undefined && mode !== "allowlist")) return [];
  return [{ field: `${path}.${allow === undefined ? "presets" : "allow"}`, wanted: "at least one domain or preset", given: "an empty list", remedy: "set `mode: api-only` to reach the model alone, or list what agents may reach, such as `presets: [npm]`" }];
}

/** Networks that may be opened: private ones, and neither loopback nor link-local, which hold the host and the metadata service. */
function networkRule(field: string, text: string): ConfigError[] {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text)?.slice(1).map(Number);
  const right = v4 === undefined ? isPrivate6(text) : isPrivate(v4 as [number, number, number, number, number]);
  if (right) return [];
  return [{ field, wanted: "a private network such as 10.1.2.0/24 or fd12:3456::/48", given: show(text), remedy: "give the network of the server that agents need; loopback, link-local and public addresses cannot be opened here" }];
}

/** All of fc00::/7 at most: a shorter prefix would be a part of the internet. */
function isPrivate6(text: string): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  return rest.length === 0 && /^f[cd][0-9a-f]{2}:[0-9a-f:]*$/i.test(address) && URL.canParse(`http://[${address}]/`) && /^\d{1,3}$/.test(bits) && Number(bits) >= 7 && Number(bits) <= 128;
}

function isPrivate([a, b, c, d, bits]: [number, number, number, number, number]): boolean {
  if ([a, b, c, d].some((part) => part > 255) || bits > 32) return false;
  return (a === 10 && bits >= 8) || (a === 172 && b >= 16 && b < 32 && bits >= 12) || (a === 192 && b === 168 && bits >= 16) || (a === 100 && b >= 64 && b < 128 && bits >= 10);
}

function gitRules(path: string, git: { host: string; repositories: readonly string[]; roles: readonly string[] }, known: readonly string[]): ConfigError[] {
  const errors = git.roles.flatMap((role): ConfigError[] => {
    if (role !== "untrusted") return roleRule(`${path}.roles`, role, known);
    return [{ field: `${path}.roles`, wanted: "roles that you trust with a token", given: "untrusted", remedy: "remove it; give a group that you trust a role of its own" }];
  });
  const host = domainFault(git.host);
  if (host !== undefined || git.host.startsWith(".")) {
    errors.push({ field: `${path}.host`, wanted: "the host of the repositories, such as github.com", given: host?.given ?? show(git.host), remedy: `did you mean ${host?.meant ?? git.host.slice(1)}?` });
  }
  for (const [index, repository] of git.repositories.entries()) {
    if (POLICY_PATTERNS.gitRepository.test(`host.example/${repository}`) && !repository.endsWith(".git")) continue;
    errors.push({ field: `${path}.repositories.${index}`, wanted: "owner/name, without .git", given: show(repository), remedy: "write it as it stands in the repository's address after the host" });
  }
  return errors;
}

/** What is allowed, but worth a line at every preview. */
export function egressWarnings({ path, profile, egress }: Pick<HostFields, "profile" | "egress"> & { path: string }): string[] {
  const roles = Object.keys(ROLE_FOLDERS) as RoleName[];
  const modes = roles.map((role) => modeOf(egress, role, PROFILES[profile].network[role]));
  const without = egress.git.flatMap(({ roles }) => roles).filter((role) => doorsOf(modeOf(egress, role, PROFILES[profile].network[role as RoleName] ?? PROFILES[profile].network.untrusted), ["x"]).length === 0);
  return [
    ...(modes.every((mode) => mode === "open") && hasList(egress) ? [`${path}.egress: a list has no effect while the mode is open.`] : []),
    ...[...new Set(without)].filter((role) => gitRepositoriesOf({ git: egress.git }, role).length > 0).map((role) => `${path}.egress.git: the role ${role} has no door (mode open or none), so it gets no token.`),
  ];
}

function hasList({ allow, presets, roles }: HostFields["egress"]): boolean {
  return [allow, presets, ...Object.values(roles).flatMap((role) => [role.allow, role.presets])].some((list) => list !== undefined);
}
