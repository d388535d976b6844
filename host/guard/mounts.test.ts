import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GuardPolicy } from "../../contract/policy.ts";
import { parse } from "./grammar.ts";
import { checkMounts, mountRequest, type CheckedMounts } from "./mounts.ts";
import { hostWorld } from "./mountWorld.ts";
import { planQuery } from "./queries.ts";
import { Refusal } from "./refusal.ts";
import { roleOf } from "./roles.ts";
import { ARGS, decideOn, policyWith } from "./testPolicy.ts";

let top: string;
let root: string;
let server: Server;
let policy: GuardPolicy;

beforeAll(async () => {
  // A place that is not itself refused: below /srv, as a user's project would be.
  mkdirSync("/srv", { recursive: true });
  top = realpathSync(mkdtempSync(process.getuid?.() === 0 ? "/srv/guard-mounts-" : join(tmpdir(), "guard-mounts-")));
  root = join(top, "root");
  for (const path of ["root/groups/main", "root/groups/other", "root/data/sessions/main/.claude", "projects/site", "projects/read", "private", "homelike/.ssh"]) mkdirSync(join(top, path), { recursive: true });
  writeFileSync(join(top, "private/passwords"), "x");
  symlinkSync(join(top, "private"), join(top, "projects/link"));
  symlinkSync("/etc", join(top, "projects/etc"));
  symlinkSync(join(root, "groups/other"), join(root, "groups/linked"));
  server = createServer().listen(join(top, "projects/api.sock"));
  await new Promise((resolve) => server.once("listening", resolve));
  policy = policyWith({ extraMounts: [{ path: join(top, "projects/site"), access: "rw", roles: ["main"] }, { path: join(top, "projects"), access: "ro", roles: ["main"] }] }, "personal", root);
});
afterAll(() => {
  server.close();
  rmSync(top, { recursive: true });
});

function check(...mounts: string[]): CheckedMounts {
  return checkMounts(policy, roleOf(policy, "main"), mounts.map(mountRequest), hostWorld);
}

function ruleOf(...mounts: string[]): string {
  try {
    check(...mounts);
    return "allow";
  } catch (error) {
    return (error as Refusal).rule;
  }
}

test("an extra mount is given as its policy says, and writing more than that is turned into reading and told", () => {
  expect(check(`${top}/projects/site:/workspace/extra/site`, `${top}/projects/read:/workspace/extra/read`)).toEqual({
    mounts: [
      { source: `${top}/projects/site`, target: "/workspace/extra/site", write: true },
      { source: `${top}/projects/read`, target: "/workspace/extra/read", write: false },
    ],
    downgraded: ["/workspace/extra/read"],
  });
});

test("a link out of an allowed place is followed before the rules are asked", () => {
  expect(ruleOf(`${top}/projects/link:/workspace/extra/x:ro`)).toBe("mount-not-allowed");
  expect(ruleOf(`${top}/projects/etc:/workspace/extra/x:ro`)).toBe("mount-permissive");
});

test("podman gets what the path led to at the check, so a link that is swapped afterwards does not matter", () => {
  symlinkSync(join(top, "projects/read"), join(top, "projects/swap"));
  const { mounts } = check(`${top}/projects/swap:/workspace/extra/x:ro`);
  symlinkSync("/etc", join(top, "projects/next"));
  renameSync(join(top, "projects/next"), join(top, "projects/swap"));
  expect(mounts[0]!.source).toBe(`${top}/projects/read`);
  expect(ruleOf(`${top}/projects/swap:/workspace/extra/x:ro`)).toBe("mount-permissive");
});

test("a group's folder that is a link to another group's is refused", () => {
  expect(ruleOf(`${root}/groups/linked:/workspace/group`)).toBe("mount-symlink");
});

test("a socket, and what is not there, are refused", () => {
  expect(ruleOf(`${top}/projects/api.sock:/workspace/extra/x:ro`)).toBe("mount-source");
  expect(ruleOf(`${top}/projects/none:/workspace/extra/x:ro`)).toBe("mount-source");
  expect(ruleOf(`${root}/groups/none:/workspace/group`)).toBe("mount-source");
});

test("a read-only source below which another file system is mounted is refused, because that one would be writable", () => {
  const world = { ...hostWorld, mountedBelow: (path: string) => (path === `${top}/projects/read` ? [`${path}/disk`] : []) };
  const decide = (mount: string) => () => checkMounts(policy, roleOf(policy, "main"), [mountRequest(mount)], world);
  expect(decide(`${top}/projects/read:/workspace/extra/x:ro`)).toThrow(/projects\/read\/disk, which would be writable/);
  expect(decide(`${top}/projects/site:/workspace/extra/x:ro`)).not.toThrow();
  expect(hostWorld.mountedBelow("/")).toContain("/proc");
  expect(hostWorld.mountedBelow("/proc/self/task")).toEqual([]);
});

test("an extra mount that is a link is told as one, with the place to name instead", () => {
  mkdirSync(join(top, "real/in"), { recursive: true });
  symlinkSync(join(top, "real"), join(top, "alias"));
  const linked = { ...policy, extraMounts: [{ path: `${top}/alias`, access: "ro" as const, roles: ["main"] }] };
  expect(() => checkMounts(linked, roleOf(linked, "main"), [mountRequest(`${top}/alias/in:/workspace/extra/x:ro`)], hostWorld)).toThrow(`got ${top}/real/in, to which a symbolic link leads. Remedy: name that place itself`);
});

test("whatever the policy says, main's project has an empty .env, and what it hides is hidden with the store mounted too", () => {
  for (const overrides of [{}, { projectShadows: [] }, { hardening: { mounts: false } }]) {
    const { argv } = decideOn(policyWith(overrides), ["run", "-v", `${ARGS.root}:/workspace/project:ro`, "-v", `${ARGS.root}/store:/workspace/project/store`, "-v", `${ARGS.root}/groups/main:/workspace/group`, "nanoclaw-agent:latest"]);
    expect(argv).toContain("/dev/null:/workspace/project/.env:ro");
    expect(argv!.some((word) => word.endsWith("/empty:/workspace/project/store/auth:ro"))).toBe(!("projectShadows" in overrides));
  }
  const alone = ["run", "-v", `${ARGS.root}/store:/workspace/project/store`, "-v", `${ARGS.root}/groups/main:/workspace/group`, "nanoclaw-agent:latest"];
  expect(decideOn(policyWith({ hardening: { mounts: false } }), alone).rule).toBe("mount-target");
});

test("a directory that looks like a home is refused even when the policy names it", () => {
  policy = { ...policy, extraMounts: [...policy.extraMounts, { path: `${top}/homelike`, access: "ro", roles: ["main"] }] };
  expect(ruleOf(`${top}/homelike:/workspace/extra/x:ro`)).toBe("mount-blocked");
});

test.each([".env", "prod.env", ".npmrc", "server.p12", "Credentials", "Notes.Internal"])("a directory in which %s lies is refused, and what lies deeper is not looked at", (name) => {
  const place = join(top, `with-${name.length}`);
  mkdirSync(join(place, "deeper"), { recursive: true });
  const given = { ...policy, blockedPatterns: [".internal"], extraMounts: [{ path: place, access: "ro" as const, roles: ["main"] }] };
  const look = (): unknown => checkMounts(given, roleOf(given, "main"), [mountRequest(`${place}:/workspace/extra/x:ro`)], hostWorld);
  writeFileSync(join(place, "deeper", name), "");
  expect(look).not.toThrow();
  writeFileSync(join(place, name), "");
  expect(look).toThrow(`a directory without ${name}`);
});

test("what projects have besides, such as .dockerignore and .env.example, keeps none from being mounted", () => {
  for (const name of [".dockerignore", ".env.example", "id_rsa.pub"]) writeFileSync(join(top, "projects/site", name), "");
  expect(() => checkMounts(policy, roleOf(policy, "main"), [mountRequest(`${top}/projects/site:/workspace/extra/x:ro`)], hostWorld)).not.toThrow();
});

test("a directory that cannot be listed is refused in words", () => {
  const world = { ...hostWorld, list: () => { throw Object.assign(new Error(), { code: "EACCES" }); } };
  expect(() => checkMounts(policy, roleOf(policy, "main"), [mountRequest(`${top}/projects/site:/workspace/extra/x:ro`)], world)).toThrow(/a directory that the service user can read; got EACCES/);
});

test("an extra mount of one role is not another's", () => {
  expect(() => checkMounts(policy, roleOf(policy, "other"), [mountRequest(`${top}/projects/site:/workspace/extra/x:ro`)], hostWorld)).toThrow(Refusal);
});

test("NanoClaw's own code may be a link into the release, and its state may not", () => {
  mkdirSync(join(top, "release/container/skills"), { recursive: true });
  symlinkSync(join(top, "release/container"), join(root, "container"));
  policy = { ...policy, release: join(top, "release") };
  expect(check(`${root}/container/skills:/app/skills:ro`).mounts[0]!.source).toBe(`${top}/release/container/skills`);
  policy = { ...policy, release: null };
  expect(ruleOf(`${root}/container/skills:/app/skills:ro`)).toBe("mount-symlink");
});

test("a link that leads to a path with a colon is refused, because podman would read it as options", () => {
  mkdirSync(join(top, "projects/read/a:U"));
  symlinkSync(join(top, "projects/read/a:U"), join(top, "projects/colon"));
  expect(ruleOf(`${top}/projects/colon:/workspace/extra/x:ro`)).toBe("mount-syntax");
});

test("a build from a directory that is not there is refused", () => {
  expect(() => planQuery(parse(["build", "-t", "nanoclaw-agent:latest", "none"]), policy, root, hostWorld)).toThrow(/^docker build: wanted a directory that exists; got none \(ENOENT\)/);
});
