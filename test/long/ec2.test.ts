import { afterAll, beforeAll, expect, test } from "vitest";
import { Ec2Stack } from "../e2e/lib/ec2Stack.ts";
import { changes, complaints, resourcesOf } from "../e2e/lib/pulumiOutput.ts";

/** An EC2 stack from nothing to a green smoke test, with the stand-in of the aws plugin, whose instances are VMs here. */
let stack: Ec2Stack;

beforeAll(async () => {
  stack = await Ec2Stack.prepare();
});

afterAll(() => stack?.remove());

test("pulumi up makes the instance, its volume and its network, and provisions the host to a green smoke test", async () => {
  const ran = await stack.up({ containers: 1 });
  expect(ran.code, complaints(ran.output)).toBe(0);
  const { pilot } = await stack.output<Record<string, { instanceType: string }>>("machines");
  expect(pilot?.instanceType).toBe("m6a.large");
  const proofs = await stack.output<Record<string, unknown>>("proofs");
  expect(JSON.stringify(proofs)).not.toMatch(/"ok":false/);
});

test("state lies on the volume, found by the id that EC2 gives it", async () => {
  expect(await stack.onHost("findmnt -no FSTYPE,OPTIONS /var/lib/nanoclaw")).toMatch(/^ext4 .*nosuid/);
  expect(await stack.onHost("readlink -f /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0*")).toBe(await stack.onHost("findmnt -no SOURCE /var/lib/nanoclaw"));
});

test("no secret is in the user data that the machine was booted with", async () => {
  expect(await stack.onHost("cloud-init schema --system 2>&1")).toMatch(/Valid/);
  expect(await stack.onHost("cat /var/lib/cloud/instance/user-data.txt")).not.toMatch(/PRIVATE KEY|sk-/);
});

test("a second up changes nothing", async () => {
  const ran = await stack.up({ containers: 1 });
  expect(ran.code, complaints(ran.output)).toBe(0);
  expect(changes(ran.output)).toEqual({});
});

test("another N stops the instance, changes its type and starts it: state and address stay, both file systems grow, and smoke runs again", async () => {
  await stack.onHost("echo precious > /var/lib/nanoclaw/groups/main/keep.txt");
  const before = await stack.login();
  const size = (path: string) => stack.onHost(`df --output=size -BM ${path} | tail -1 | tr -dc 0-9`).then(Number);
  const [state, system] = [await size("/var/lib/nanoclaw"), await size("/")];
  const ran = await stack.up({ containers: 2 });
  expect(ran.code, complaints(ran.output)).toBe(0);
  expect(resourcesOf(ran.output, "replaced")).toEqual([]);
  expect((await stack.output<Record<string, { instanceType: string }>>("machines"))["pilot"]?.instanceType).toBe("m6a.xlarge");
  expect(await stack.login()).toEqual(before);
  expect(await stack.onHost("cat /var/lib/nanoclaw/groups/main/keep.txt")).toBe("precious");
  expect(await stack.onHost("nproc")).toBe("4");
  expect(await size("/var/lib/nanoclaw")).toBeGreaterThan(state + 1500);
  expect(await size("/")).toBeGreaterThan(system + 800);
  expect(resourcesOf(ran.output, "updated")).toContain("pilot-smoke");
  expect(JSON.stringify(await stack.output("proofs"))).not.toMatch(/"ok":false/);
  expect(await stack.onHost("grep -o '^MAX_CONCURRENT_CONTAINERS=.*' /etc/nanoclaw/nanoclaw.env")).toMatch(/="?2"?$/);
});

test("a smaller N keeps the volumes as large as they are", async () => {
  const planned = await stack.preview({ containers: 1 });
  expect(planned.code, complaints(planned.output)).toBe(0);
  expect(resourcesOf(planned.output, "updated")).toContain("pilot-machine-instance");
  expect(resourcesOf(planned.output, "updated")).not.toContain("pilot-machine-state");
});

test("with the protection off, destroy takes the machine, and a last snapshot of its state stays", async () => {
  const unprotected = await stack.up({ containers: 2, machine: { protection: false } });
  expect(unprotected.code, complaints(unprotected.output)).toBe(0);
  const destroyed = await stack.destroy();
  expect(destroyed.code, complaints(destroyed.output)).toBe(0);
  expect(stack.account().ofType("aws:ec2/instance:Instance")).toEqual([]);
  expect(stack.snapshots()).toHaveLength(1);
});
