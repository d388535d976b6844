import { describe, expect, it } from "vitest";
import type { HostFacts } from "../contract/facts.ts";
import { fullDiskErrors, hostErrors } from "./hostFitness.ts";
import { bytesPerGiB, sizeHost } from "./sizing.ts";

const gib = (value: number) => Math.round(value * bytesPerGiB);
const two = sizeHost({ containers: 2, browser: true, cpuOvercommit: 1 });
const one = sizeHost({ containers: 1, browser: false, cpuOvercommit: 1 });

function facts(changes: Partial<HostFacts> = {}): HostFacts {
  return {
    os: { id: "ubuntu", versionId: "24.04", prettyName: "Ubuntu 24.04.3 LTS" },
    architecture: "x86_64",
    kernel: "6.8.0",
    machineId: "0123456789abcdef0123456789abcdef",
    sudo: true,
    cgroupVersion: 2,
    systemdVersion: 255,
    memoryBytes: gib(16),
    cpus: 8,
    diskFreeBytes: { root: gib(100), home: gib(100), state: gib(100) },
    steps: {},
    ...changes,
  };
}

const os = (id: string, versionId: string, prettyName: string) => facts({ os: { id, versionId, prettyName } });

describe("a machine's fitness", () => {
  it("accepts Ubuntu 24.04 and newer, Debian 12 and 13, on both processors", () => {
    for (const good of [
      os("ubuntu", "26.04", "Ubuntu 26.04 LTS"),
      os("debian", "12", "Debian GNU/Linux 12 (bookworm)"),
      os("debian", "13", "Debian GNU/Linux 13 (trixie)"),
      facts({ architecture: "aarch64" }),
    ]) {
      expect(hostErrors(good, two, "hosts.a")).toEqual([]);
    }
  });

  it.each([
    ["ubuntu", "22.04", "Ubuntu 22.04.5 LTS"],
    ["fedora", "43", "Fedora Linux 43 (Cloud Edition)"],
    ["alpine", "3.22.1", "Alpine Linux v3.22"],
    ["debian", "11", "Debian GNU/Linux 11 (bullseye)"],
    ["debian", "", "Debian GNU/Linux forky/sid"],
  ])("refuses %s %s and names what is supported", (id, version, pretty) => {
    expect(hostErrors(os(id, version, pretty), two, "hosts.a")).toEqual([
      {
        field: "hosts.a.machine",
        wanted: "Ubuntu 24.04 or newer, Debian 12 or 13",
        given: pretty,
        remedy: "install one of them on the machine, or use another machine",
      },
    ]);
  });

  it("refuses cgroup v1, an old systemd and an unknown processor, all at once", () => {
    const errors = hostErrors(facts({ cgroupVersion: 1, systemdVersion: 249, architecture: "riscv64" }), two, "hosts.a");
    expect(errors.map(({ given }) => given)).toEqual(["riscv64", "cgroup version 1", "systemd 249"]);
  });

  it("refuses a user without sudo, unless the stack has the password", () => {
    expect(hostErrors(facts({ sudo: false }), two, "hosts.a")[0]).toMatchObject({
      field: "hosts.a.machine.user",
      remedy: expect.stringContaining("sudoPasswords.a"),
    });
    expect(hostErrors(facts({ sudo: false }), two, "hosts.a", { sudoPassword: true })).toEqual([]);
  });

  it("takes a machine whose kernel sees 7.5 % less than it was sold with, and no less than that", () => {
    expect(hostErrors(facts({ memoryBytes: gib(10 * 0.926) }), two, "hosts.a")).toEqual([]);
    expect(hostErrors(facts({ memoryBytes: gib(10 * 0.92) }), two, "hosts.a")).toEqual([
      {
        field: "hosts.a.containers",
        wanted: "10 GiB of memory for containers: 2",
        given: "9.2 GiB",
        remedy: "set containers: 1, the most that fits, or use a larger machine",
      },
    ]);
  });

  it("names the largest N that fits, for memory, CPU and disk each", () => {
    const eight = sizeHost({ containers: 8, browser: true, cpuOvercommit: 1 });
    const errors = hostErrors(facts({ diskFreeBytes: { root: gib(40), home: gib(40), state: gib(40) } }), eight, "hosts.a");
    expect(errors.map(({ wanted, given, remedy }) => [wanted, given, remedy.split(",")[0]])).toEqual([
      ["34 GiB of memory for containers: 8", "16 GiB", "set containers: 3"],
      ["18 hardware threads of CPU for containers: 8", "8", "set containers: 3"],
      ["49 GiB of free disk on / for containers: 8", "40 GiB", "set containers: 5"],
    ]);
  });

  it("says that not even one container fits", () => {
    const tiny = facts({ memoryBytes: gib(4) });
    expect(hostErrors(tiny, two, "hosts.a")[0]?.remedy).toBe(
      "one container needs 6 GiB of memory: set browser: false, or use a larger machine",
    );
    expect(hostErrors(tiny, one, "hosts.a")).toEqual([]);
  });

  it("counts state only where it lies", () => {
    const apart = { root: gib(30), home: gib(60), state: gib(4) };
    expect(hostErrors(facts({ diskFreeBytes: apart }), one, "hosts.a").map(({ wanted }) => wanted)).toEqual([
      "5 GiB of free disk on /var/lib for containers: 1",
    ]);
    expect(hostErrors(facts({ diskFreeBytes: apart }), one, "hosts.a", { stateOnVolume: true })).toEqual([]);
  });

  it("asks a provisioned host only for the room of a change", () => {
    const diskFreeBytes = { root: gib(5), home: gib(5), state: gib(5) };
    const step = { generation: 1, complete: true, drift: [] };
    expect(hostErrors(facts({ diskFreeBytes, steps: { podman: step } }), one, "hosts.a")).toEqual([]);
    expect(hostErrors(facts({ diskFreeBytes, steps: { preflight: step } }), one, "hosts.a")).toHaveLength(1);
    const full = { root: gib(1), home: gib(5), state: gib(5) };
    expect(hostErrors(facts({ diskFreeBytes: full, steps: { podman: step } }), one, "hosts.a")[0]?.remedy).toMatch(/^free some/);
    expect(fullDiskErrors(facts({ diskFreeBytes: full, steps: { podman: step } }), one, "hosts.a")).toHaveLength(1);
    expect(fullDiskErrors(facts({ diskFreeBytes: full, steps: {} }), one, "hosts.a")).toEqual([]);
  });
});
