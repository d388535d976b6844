import { expect, test } from "vitest";
import type { HostFacts } from "../../contract/facts.ts";
import { bundlePath, canary, facts, find, host, order, registered, text } from "../fixtures/mockedGraph.ts";

test("every step of the data path is one resource that is named after the host and the step", async () => {
  await host();
  const names = registered.map(({ name }) => name).sort();
  expect(names).toEqual(
    ["office", "office-agentImage", "office-baseImage", "office-bundle", "office-guard", "office-node", "office-podman", "office-preflight", "office-release", "office-service", "office-smoke"].sort(),
  );
});

test("every resource is the host's child and waits for the ones that it needs, with doors and stand-in too", async () => {
  const child = (...after: string[]) => ({ parent: "office", after: after.map((step) => `office-${step}`) });
  await host();
  expect(order).toEqual({
    office: { parent: "", after: [] },
    "office-bundle": child(),
    "office-preflight": child("bundle"),
    "office-podman": child("bundle", "preflight"),
    "office-node": child("bundle", "preflight"),
    "office-guard": child("bundle", "node", "podman"),
    "office-release": child("bundle", "node", "podman"),
    "office-baseImage": child("bundle", "podman"),
    "office-agentImage": child("baseImage", "bundle", "release"),
    "office-service": child("agentImage", "bundle", "guard", "release"),
    "office-smoke": child("baseImage", "bundle", "preflight", "release", "service"),
  });
  const without = { ...order };
  await host({ egress: { mode: "api-only" } }, undefined, { standIns: { messagesApi: true } });
  expect(order).toEqual({
    ...without,
    "office-egress": child("bundle", "podman"),
    "office-guard": child("bundle", "egress", "node", "podman"),
    "office-baseImage": child("bundle", "egress", "podman"),
    "office-agentImage": child("baseImage", "bundle", "egress", "release"),
    "office-standInApi": child("bundle", "node", "podman"),
    "office-service": child("agentImage", "bundle", "guard", "release", "standInApi"),
  });
});

test("the component's proofs are the smoke test's output", async () => {
  expect(await host()).toMatchObject([{ name: "podman-rootless", ok: true }]);
});

test("the stand-in of the Messages API is on a host only when the stack asks for it", async () => {
  await host();
  expect(registered.some(({ name }) => name.includes("standIn"))).toBe(false);
});

test("a change of N changes the settings of the steps that hold caps, and no command's text", async () => {
  await host();
  const before = new Map(registered.map((resource) => [resource.name, resource]));
  const snapshot = (name: string) => ({ create: before.get(name)?.inputs["create"], stdin: JSON.stringify(before.get(name)?.inputs["stdin"]) });
  const podman = snapshot("office-podman");
  const node = snapshot("office-node");
  await host({ containers: 2 });
  expect(text("office-podman")).toBe(podman.create);
  expect(JSON.stringify(find("office-podman").inputs["stdin"])).not.toBe(podman.stdin);
  expect(JSON.stringify(find("office-node").inputs["stdin"])).toBe(node.stdin);
});

test("images are built in podman's own network where roles have one, and through the build role's door where one has none", async () => {
  const told = async (egress: unknown, step: string) => {
    await host({ egress });
    return JSON.stringify(find(step).inputs["stdin"]);
  };
  for (const step of ["office-baseImage", "office-agentImage"]) {
    expect(await told({ mode: "open" }, step)).toMatch(/door\\*":null/);
    for (const mode of ["allowlist", "api-only", "none"]) expect(await told({ mode }, step), mode).toMatch(/door\\*":\\*"\/run\/nanoclaw-egress\/build\/web\.sock/);
  }
});

test("a credential is on stdin only, and never in a command's text", async () => {
  await host();
  for (const { name, inputs } of registered) {
    for (const key of ["create", "update", "delete", "environment", "triggers"]) {
      expect(JSON.stringify(inputs[key] ?? ""), `${key} of ${name}`).not.toContain(canary);
    }
  }
  expect(JSON.stringify(find("office-service").inputs["stdin"])).toContain(canary);
});

test("with doors the credential goes to the egress step alone, and NanoClaw itself gets a placeholder", async () => {
  await host({ egress: { mode: "api-only" } });
  expect(registered.filter(({ inputs }) => JSON.stringify(inputs["stdin"] ?? "").includes(canary)).map(({ name }) => name)).toEqual(["office-egress"]);
  expect(JSON.stringify(find("office-service").inputs["stdin"])).toContain("placeholder");
});

test("a host with one open role has the doors, and NanoClaw the credential for that role", async () => {
  await host({ egress: { mode: "api-only", roles: { main: { mode: "open" } } } });
  expect(registered.filter(({ inputs }) => JSON.stringify(inputs["stdin"] ?? "").includes(canary)).map(({ name }) => name).sort()).toEqual(["office-egress", "office-service"]);
});

test("a host whose roles are all open has no egress step; one without any way out has it for its builds", async () => {
  await host({ egress: { mode: "open" } });
  expect(registered.some(({ name }) => name === "office-egress")).toBe(false);
  await host({ egress: { mode: "none" } });
  expect(JSON.stringify(find("office-egress").inputs["stdin"])).toMatch(/\{\\*"name\\*":\\*"main\\*",\\*"api\\*":false,\\*"web\\*":null/);
});

test("steps are updated in place: none has triggers, and `create` and `update` are the same command", async () => {
  await host();
  for (const { name, inputs, type } of registered) {
    if (type !== "command:remote:Command") continue;
    expect(inputs["triggers"], name).toBeUndefined();
    expect(inputs["update"], name).toBe(inputs["create"]);
    expect(inputs["delete"], name).toMatch(/^sudo -n bash \.nanoclaw-host\.run remove \w+$/);
  }
});

test("a step that has drifted gets the next generation, the others keep theirs", async () => {
  const left = { generation: 4, complete: true, drift: [] };
  await host({}, { ...facts, steps: { podman: { ...left, drift: ["file /etc/systemd/user/nanoclaw-agents.slice"] }, node: left } });
  expect(text("office-podman")).toContain("--generation 5 ");
  expect(text("office-node")).toContain("--generation 4 ");
});

test("a step that did not finish gets the next generation", async () => {
  await host({}, { ...facts, steps: { release: { generation: 2, complete: false, drift: [] } } });
  expect(text("office-release")).toContain("--generation 3 ");
});

test("the agent's socket is in no connection and in no login that is kept, but that there is an agent is", async () => {
  process.env["SSH_AUTH_SOCK"] = "/run/agent-of-this-session";
  await host();
  expect(JSON.stringify(registered)).not.toContain("agent-of-this-session");
  const { sshMachine } = await import("../../components/machine/ssh.ts");
  const { loginTo } = await import("../../components/machine/login.ts");
  const bastion = { address: "203.0.113.8", port: 22, user: "jump", hostKeyNotVerified: "I accept any host key" as const };
  const machine = sshMachine({ config: { kind: "ssh", address: "203.0.113.7", port: 22, user: "ubuntu", hostKeyNotVerified: "I accept any host key", agent: true, bastion } as never });
  const login = await new Promise<object>((resolve) => loginTo(machine, undefined).apply(resolve));
  delete process.env["SSH_AUTH_SOCK"];
  expect(login).toMatchObject({ agent: true, proxy: { agent: true } });
  expect(JSON.stringify(login)).not.toContain("agent-of-this-session");
});

test("an upload is made again for another user, when it is lost and on another system, and else never", async () => {
  const archive = { nanoclaw: { archive: bundlePath } };
  const left = { generation: 4, complete: true, drift: [] as string[] };
  const provisioned: HostFacts = { ...facts, steps: { preflight: left, release: left } };
  const triggers = async (overrides: object = {}, known = provisioned) => {
    await host({ ...archive, ...overrides }, known);
    return ["office-bundle", "office-nanoclaw-archive"].map((name) => JSON.stringify(find(name).inputs["triggers"]));
  };
  const drifted = (step: string): HostFacts => ({ ...provisioned, steps: { ...provisioned.steps, [step]: { ...left, drift: ["upload .nanoclaw-x"] } } });
  const [bundle, sources] = await triggers();
  expect(await triggers()).toEqual([bundle, sources]);
  expect(await triggers({ containers: 2 })).toEqual([bundle, sources]);
  const changed = async (overrides: object, known?: HostFacts) => (await triggers(overrides, known)).map((now, at) => now !== [bundle, sources][at]);
  const debian = { kind: "ssh", address: "203.0.113.7", user: "debian", hostKeyNotVerified: "I accept any host key", agent: true };
  expect(await changed({ machine: debian })).toEqual([true, true]);
  expect(await changed({}, drifted("preflight"))).toEqual([true, false]);
  expect(await changed({}, drifted("release"))).toEqual([false, true]);
  expect(await changed({}, { ...provisioned, machineId: "f".repeat(32) })).toEqual([true, true]);
  // The step that ran meanwhile keeps the number that the upload was made with.
  const repaired = await triggers({}, drifted("preflight"));
  expect(await triggers({}, { ...provisioned, steps: { ...provisioned.steps, preflight: { ...left, generation: 5 } } })).toEqual(repaired);
});

test("another system under the same address runs every step again", async () => {
  await host({}, facts);
  const before = text("office-podman");
  await host({}, { ...facts, machineId: "f".repeat(32) });
  expect(text("office-podman")).not.toBe(before);
});
