import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { egressChoice, egressSettings } from "../../components/egressSettings.ts";
import { parseConfig } from "../../components/config/parseConfig.ts";
import { hostBundle } from "../../components/hostBundle.ts";
import { hostPolicy } from "../../components/hostSettings.ts";
import { sizeHost } from "../../components/sizing.ts";
import { TestVm } from "../e2e/lib/testVm.ts";

/** The host's side of egress, in a small world of network namespaces: everything that must not be reached is there, and answers whoever may ask. */
const root = join(import.meta.dirname, "../..");
const listed = ["listed", "lan", "lan6", "meta", "meta6", "loop", "self"].map((name) => `${name}.world.test`);
const suffix = ".deep.world.test";
let vm: TestVm;

interface Choice {
  allow?: string[];
  privateNetworks?: string[];
  baseUrl?: string;
}

/** The step's settings with a key, and the guard's policy. */
function choose(key: string, { allow = [...listed, suffix], privateNetworks = [], baseUrl = "https://api.world.test" }: Choice = {}) {
  const egress = { mode: "allowlist", allow, privateNetworks, roles: { main: { allow: ["front.world.test"] } }, git: [{ host: "git.world.test", repositories: ["owner/name"], roles: ["main"] }] };
  const parsed = parseConfig({ hosts: { local: { machine: { kind: "vm" }, containers: 1, egress } }, anthropic: { baseUrl } }, { exists: () => true, read: () => "", absolute: (path) => path, agentFault: () => undefined });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const host = parsed.config.hosts[0]!;
  const policy = hostPolicy(host, sizeHost(host), egressChoice(host.egress, undefined));
  return { policy, settings: { ...egressSettings(host, parsed.config, policy), credential: { kind: "apiKey", value: key }, gitTokens: { "git.world.test": "git-canary" } } };
}

/** The step's run, and its words. */
async function apply(key: string, choice?: Choice): Promise<string> {
  const { settings } = choose(key, choice);
  return vm.must("sudo -n bash .nanoclaw-host.run apply egress --digest abc --generation 1 --machine test 2>&1", { input: JSON.stringify(settings), timeoutMs: 900_000 });
}

const world = (command: string): Promise<string> => vm.must(`sudo -n bash -c ${JSON.stringify(`cd /opt/world && ${command}`)}`);
/** curl in a place like a container's: the status of CONNECT, and the answer's. */
const through = (role: string, ...args: string[]): Promise<string> =>
  world(`bash inside.sh ${role} curl -s -o /dev/null -m 30 --cacert trusted.crt -w '%{http_connect} %{http_code}' -x http://127.0.0.1:3128 ${args.join(" ")} || true`);
/** Everything in which a program of the agent could send a credential of its own. */
const stolen = ["x-api-key: stolen", "Authorization: Bearer stolen", "Cookie: a=stolen", "Proxy-Authorization: Basic stolen", "x-goog-api-key: stolen", "x-litellm-api-key: stolen", "X-Forwarded-For: stolen"].map((header) => `-H '${header}'`).join(" ");
const door = (role: string, port: number, ...paths: string[]): Promise<string> =>
  world(`bash inside.sh ${role} curl -s -m 30 --path-as-is -H 'anthropic-beta: one' ${stolen} ${paths.map((path) => `'http://127.0.0.1:${port}${path}'`).join(" ")}`);
const api = (path: string): Promise<string> => door("untrusted", 8088, path);
const lastAsked = async () => JSON.parse(await world("tail -n 1 internet.log")) as { url: string; headers: Record<string, string> };
const timesAsked = (server = "internet"): Promise<string> => world(`cat ${server}.log 2>/dev/null | wc -l`);

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

test("each forbidden place answers the host's root, so that a refusal below is ours, and the firewall for squid stops nobody else", async () => {
  expect(await world("curl -s -m 30 --retry 10 --retry-all-errors http://10.77.0.2/ http://169.254.169.254/ --cacert trusted.crt https://listed.world.test/ https://lan6.world.test/ 'http://[fd00:ec2::254]/'")).toBe(
    "world 10.77.0.2\nworld 169.254.169.254\nworld 198.51.100.20\nworld fd77::2\nworld fd00:ec2::254\n",
  );
});

test("the API answers over checked TLS with the real credential, and without what the agent sent", async () => {
  expect(await api("/v1/models")).toBe("world 198.51.100.20\n");
  const { headers } = await lastAsked();
  expect(headers).toMatchObject({ host: "api.world.test", "x-api-key": "sk-good-1", "anthropic-beta": "one" });
  expect(JSON.stringify(headers)).not.toContain("stolen");
  expect(await api("/v1/files")).toContain("permission_error");
});

test("a path that leads elsewhere after it is decoded or shortened does not get to the API", async () => {
  const before = await timesAsked();
  await door("untrusted", 8088, "/v1/models/..%2ffiles", "/v1/models/../files", "/v1/messages/%2e%2e/files", "//v1/files", "/v1/models%2f..%2ffiles", "/v1/models/", "/v1/models%00", "/v1/messages/../../admin");
  expect(await timesAsked()).toBe(before);
});

test("a listed name answers; unlisted names, the LAN, the host, the metadata service and other ports are refused and counted", async () => {
  expect(await through("untrusted", "https://listed.world.test/")).toBe("200 200");
  expect(await through("untrusted", "http://listed.world.test/")).toBe("000 200");
  expect(await through("untrusted", "-k", "https://a.deep.world.test/")).toBe("200 200");
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
  await door("main", 8089, "/git.world.test/owner/name.git/info/refs");
  const { url, headers } = await lastAsked();
  expect([url, headers["authorization"]]).toEqual(["/owner/name.git/info/refs", `Basic ${btoa("x-access-token:git-canary")}`]);
  expect(JSON.stringify(headers)).not.toContain("stolen");
  const before = await timesAsked();
  expect(await door("main", 8089, "/git.world.test/owner/other/info/refs")).toContain("not among egress.git");
  await door("main", 8089, "/git.world.test/owner/name/../other/info/refs", "/git.world.test/owner/name.git/..%2f..%2fowner/other/info/refs", "/git.world.test/owner/%2e%2e/other/info/refs", "/git.world.test/owner/name.git//other/info/refs", "//front.world.test/owner/name.git/info/refs");
  expect(await timesAsked()).toBe(before);
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
  expect((await lastAsked()).headers).toMatchObject({ "x-api-key": "sk-good-2" });
});

test("what a killed run wrote and did not load is loaded by the next one, although the files are as they should be", async () => {
  await world("sed -i s/sk-good-2/sk-good-3/ /etc/nanoclaw/egress/secrets/api.conf");
  expect(await apply("sk-good-3")).toContain("changed: /etc/nanoclaw/egress/secrets/.sums, nanoclaw-gateway.service reloaded");
  await expect.poll(async () => (await api("/v1/models"), (await lastAsked()).headers["x-api-key"]), { timeout: 30_000 }).toBe("sk-good-3");
  await world("sed -i /deep/d /etc/nanoclaw/egress/web.d/{trusted,untrusted}.domains");
  expect(await apply("sk-good-3", { allow: listed })).toContain("changed: nanoclaw-hello.service reloaded, nanoclaw-web.service reloaded");
  await expect.poll(() => through("untrusted", "-k", "https://a.deep.world.test/"), { timeout: 30_000 }).toBe("403 000");
  await world("echo >> /etc/ssl/certs/ca-certificates.crt");
  expect(await apply("sk-good-3", { allow: listed })).toContain("changed: nanoclaw-gateway.service reloaded");
  expect(await apply("sk-good-3", { allow: listed })).toContain("[egress] unchanged");
});

test("another list is read while a tunnel is open, which goes on to its end", async () => {
  await world("systemd-run --quiet --unit=tunnel bash -c 'bash /opt/world/inside.sh untrusted curl -s -N --cacert /opt/world/trusted.crt -x http://127.0.0.1:3128 https://listed.world.test/v1/messages?stream > /opt/world/tunnel.txt'");
  await expect.poll(() => world("cat tunnel.txt"), { timeout: 60_000 }).toContain("data: first");
  expect(await apply("sk-good-3")).toContain("nanoclaw-web.service reloaded");
  await expect.poll(() => through("untrusted", "-k", "https://a.deep.world.test/"), { timeout: 30_000 }).toBe("200 200");
  await world("curl -s http://world.test/release");
  await expect.poll(() => world("cat tunnel.txt"), { timeout: 60_000 }).toContain("data: last");
});

test("a private network that is opened opens neither the metadata service in it nor others", async () => {
  const said = await apply("sk-good-3", { privateNetworks: ["fd00::/8"] });
  expect(said).toContain("nanoclaw-web.service reloaded");
  await expect.poll(() => through("untrusted", "https://lan6.world.test/"), { timeout: 30_000 }).toBe("200 200");
  for (const name of ["meta6", "meta", "lan"]) expect(await through("untrusted", `https://${name}.world.test/`), name).toBe("403 000");
  expect(await world("setpriv --reuid nanoclaw-web --regid nanoclaw-web --clear-groups curl -s -m 30 'http://[fd00:ec2::254]/' || echo refused")).toBe("refused\n");
});

test("the record of the step holds no digest of a key, and yet says when somebody changed one", async () => {
  const facts = (): Promise<string> => world("sh /var/lib/nanoclaw-runtime/steps/egress/facts.sh");
  const [digest = ""] = (await world("sha256sum /etc/nanoclaw/egress/secrets/api.conf")).split(" ");
  expect(await facts()).toContain("secrets credentials as written");
  expect(await facts()).not.toContain(digest);
  await world("echo '#' >> /etc/nanoclaw/egress/secrets/api.conf");
  expect(await facts()).toContain("secrets credentials changed");
});

test("an API whose certificate is of a stranger, or for another name, gets no request and no key", async () => {
  expect(await world("curl -s -m 30 -k https://stranger.test/ https://misnamed.test/")).toBe("world 198.51.100.21\nworld 198.51.100.20\n");
  for (const [name, server] of [["stranger", "stranger"], ["misnamed", "internet"]] as const) {
    await apply("sk-good-3", { baseUrl: `https://${name}.test` });
    const before = await timesAsked(server);
    await expect.poll(() => api("/v1/models"), { timeout: 30_000 }).toContain(`no answer from ${name}.test, or a certificate`);
    expect(await timesAsked(server), name).toBe(before);
  }
  await apply("sk-good-3");
});

test("nginx and both squids come back by themselves after they were killed", async () => {
  await world("systemctl kill --signal=KILL nanoclaw-gateway.service nanoclaw-hello.service nanoclaw-web.service");
  await expect.poll(() => through("untrusted", "https://listed.world.test/"), { timeout: 90_000, interval: 1000 }).toBe("200 200");
  await expect.poll(() => api("/v1/models"), { timeout: 60_000, interval: 1000 }).toBe("world 198.51.100.20\n");
  expect(await world("systemctl show -p NRestarts --value nanoclaw-gateway.service nanoclaw-hello.service nanoclaw-web.service")).toMatch(/^1\n+1\n+1\n*$/);
});

test("while a proxy does not run the guard refuses an agent with the unit's name", async () => {
  const directory = mkdtempSync(join(tmpdir(), "egress-guard-"));
  buildSync({ entryPoints: [join(root, "host/guard/main.ts")], bundle: true, platform: "node", format: "cjs", outfile: join(directory, "guard.cjs"), logLevel: "error" });
  await vm.copyTo(join(directory, "guard.cjs"), "/opt/world/guard.cjs");
  rmSync(directory, { recursive: true });
  const { policy } = choose("sk-good-3");
  // Without podman there are no slices; the guard is asked, and would hand over to a podman that is not there.
  await vm.must("sudo -n tee /etc/nanoclaw/guard.json", { input: JSON.stringify({ ...policy, hardening: { ...policy.hardening, slice: false } }) });
  await world("install -d -o nanoclaw /var/lib/nanoclaw/groups/family /run/user/$(id -u nanoclaw)");
  const run = (): Promise<string> => world("runuser -u nanoclaw -- ./node guard.cjs run --rm --name nanoclaw-family-1 -v /var/lib/nanoclaw/groups/family:/workspace/group nanoclaw-agent:latest 2>&1 || true");
  await expect.poll(run, { timeout: 30_000 }).not.toContain("wanted");
  for (const unit of ["nanoclaw-gateway.service", "nanoclaw-hello.service", "nanoclaw-web.service"]) {
    await world(`systemctl stop ${unit}`);
    expect(await run()).toContain(`${unit}: wanted to be running`);
    await world(`systemctl start ${unit}`);
    await expect.poll(run, { timeout: 60_000 }).not.toContain("wanted");
  }
});
