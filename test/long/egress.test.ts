import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { egressChoice, egressSettings } from "../../components/egressSettings.ts";
import { parseConfig } from "../../components/config/parseConfig.ts";
import { hostBundle } from "../../components/hostBundle.ts";
import { hostPolicy } from "../../components/hostSettings.ts";
import { sizeHost } from "../../components/sizing.ts";
import { TestVm } from "../e2e/lib/testVm.ts";

/** The host's side of egress, in a small world of network namespaces: everything that must not be reached is there, and answers whoever may ask. */
const root = join(import.meta.dirname, "../..");
const listed = ["listed", "lan", "lan6", "meta", "loop", "self"].map((name) => `${name}.world.test`);
let vm: TestVm;

async function apply(key: string): Promise<string> {
  const egress = { mode: "allowlist", allow: listed, roles: { main: { allow: ["front.world.test"] } }, git: [{ host: "git.world.test", repositories: ["owner/name"], roles: ["main"] }] };
  const parsed = parseConfig({ hosts: { local: { machine: { kind: "vm" }, containers: 1, egress } }, anthropic: { baseUrl: "https://api.world.test" } }, { exists: () => true, read: () => "", absolute: (path) => path });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const host = parsed.config.hosts[0]!;
  const settings = { ...egressSettings(host, parsed.config, hostPolicy(host, sizeHost(host), egressChoice(host.egress, undefined))), credential: { kind: "apiKey", value: key }, gitTokens: { "git.world.test": "git-canary" } };
  return vm.must("sudo -n bash .nanoclaw-host.run apply egress --digest abc --generation 1 --machine test 2>&1", { input: JSON.stringify(settings), timeoutMs: 900_000 });
}

const world = (command: string): Promise<string> => vm.must(`sudo -n bash -c ${JSON.stringify(`cd /opt/world && ${command}`)}`);
/** curl in a place like a container's: the status of CONNECT, and the answer's. */
const through = (role: string, ...args: string[]): Promise<string> =>
  world(`bash inside.sh ${role} curl -s -o /dev/null -m 30 --cacert trusted.crt -w '%{http_connect} %{http_code}' -x http://127.0.0.1:3128 ${args.join(" ")} || true`);
const api = (path: string): Promise<string> => world(`bash inside.sh untrusted curl -s -m 30 -H 'x-api-key: stolen' -H 'Authorization: Bearer stolen' -H 'Cookie: a=b' http://127.0.0.1:8088${path}`);
const lastAsked = async (): Promise<Record<string, unknown>> => JSON.parse(await world("tail -n 1 internet.log")) as Record<string, unknown>;

beforeAll(async () => {
  vm = await TestVm.boot({ image: "debian-13", name: "egress", memoryMiB: 2048 });
  await vm.must("sudo -n apt-get update -q && sudo -n apt-get install -y -q --no-install-recommends curl socat openssl jq nftables ca-certificates && sudo -n useradd -m nanoclaw && sudo -n install -d -m 0755 -o $(id -un) /opt/world", { timeoutMs: 900_000 });
  await vm.copyTo(hostBundle(root).path, ".nanoclaw-host.run");
  await vm.copyTo(process.execPath, "/opt/world/node");
  for (const file of ["world.sh", "server.mts", "inside.sh"]) await vm.copyTo(join(import.meta.dirname, "egress", file), "/opt/world/");
  await world("bash world.sh up /opt/world && cp trusted.crt /usr/local/share/ca-certificates/nanoclaw-world.crt && update-ca-certificates && chmod a+r *.crt");
  await apply("sk-good-1");
});
afterAll(() => vm?.remove());

test("each forbidden place answers the host's root, so that a refusal below is ours", async () => {
  expect(await world("curl -s -m 30 --retry 10 --retry-all-errors http://10.77.0.2/ http://169.254.169.254/ --cacert trusted.crt https://listed.world.test/")).toBe("world 10.77.0.2\nworld 169.254.169.254\nworld 198.51.100.20\n");
});

test("the API answers over checked TLS with the real credential, and without what the agent sent", async () => {
  expect(await api("/v1/models")).toBe("world 198.51.100.20\n");
  expect(await lastAsked()).toMatchObject({ key: "sk-good-1", authorization: null, cookie: null });
  expect(await api("/v1/files")).toContain("permission_error");
});

test("a listed name answers; unlisted names, the LAN, the host, the metadata service and other ports are refused and counted", async () => {
  expect(await through("untrusted", "https://listed.world.test/")).toBe("200 200");
  for (const name of ["front", ...listed.slice(1).map((domain) => domain.split(".")[0])]) expect(await through("untrusted", `https://${name}.world.test/`), name).toBe("403 000");
  expect(await through("untrusted", "http://lan.world.test/")).toBe("000 403");
  expect(await through("untrusted", "https://listed.world.test:8443/")).toBe("403 000");
  expect(JSON.parse(await world("/opt/nanoclaw/lib/egress-denied.sh -10min"))).toMatchObject({ untrusted: { "front.world.test:443": 1, "lan.world.test:80": 1 } });
});

test("TLS that says another name than it was opened for ends, although the server would answer", async () => {
  expect(await through("untrusted", "-k", "https://front.world.test/", "--connect-to front.world.test:443:listed.world.test:443")).toBe("200 000");
  expect(await through("main", "https://front.world.test/")).toBe("200 200");
  expect(await through("main", "https://listed.world.test/")).toBe("403 000");
});

test("git gets its token for the listed repository alone", async () => {
  await world("bash inside.sh main curl -s -m 30 http://127.0.0.1:8089/git.world.test/owner/name.git/info/refs");
  expect(await lastAsked()).toMatchObject({ url: "/owner/name.git/info/refs", authorization: `Basic ${btoa("x-access-token:git-canary")}` });
  expect(await world("bash inside.sh main curl -s -m 30 http://127.0.0.1:8089/git.world.test/owner/other/info/refs")).toContain("not among egress.git");
});

test("squid itself cannot connect where a name must not lead, whatever it resolved to before", async () => {
  for (const address of ["10.77.0.2", "169.254.169.254"]) {
    expect(await world(`setpriv --reuid nanoclaw-web --regid nanoclaw-web --clear-groups curl -s -m 30 http://${address}/ || echo refused`)).toBe("refused\n");
  }
});

test("a second run changes nothing; another key reloads nginx while a stream is open, which goes on to its end", async () => {
  expect(await apply("sk-good-1")).toContain("[egress] unchanged");
  await world("systemd-run --quiet --unit=stream bash -c 'bash /opt/world/inside.sh untrusted curl -s -N -X POST http://127.0.0.1:8088/v1/messages?stream > /opt/world/stream.txt'");
  await expect.poll(() => world("cat stream.txt"), { timeout: 60_000 }).toContain("data: first");
  expect(await apply("sk-good-2")).toContain("nanoclaw-gateway.service reloaded");
  await world("curl -s http://world.test/release");
  await expect.poll(() => world("cat stream.txt"), { timeout: 60_000 }).toContain("data: last");
  await api("/v1/models");
  expect(await lastAsked()).toMatchObject({ key: "sk-good-2" });
});
