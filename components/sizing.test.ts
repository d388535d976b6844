import { describe, expect, test } from "vitest";
import { Refusal } from "./refusal.ts";
import { bytesPerGiB, sizeHost } from "./sizing.ts";

const size = (containers: number, over: Partial<Parameters<typeof sizeHost>[0]> = {}) =>
  sizeHost({ containers, browser: true, cpuOvercommit: 1, ...over });

describe("the seed's formula", () => {
  test.each([
    [1, 6, 4],
    [2, 10, 6],
    [4, 18, 10],
    [8, 34, 18],
    [64, 258, 130],
  ])("a machine for %i containers has N × 4 + 2 = %i GiB and N × 2 + 2 = %i CPUs", (n, memoryGiB, cpus) => {
    expect(size(n).machine).toMatchObject({ memoryGiB, cpus });
  });

  test("a container without a browser takes 2 GiB, and as many CPUs as with one", () => {
    expect(size(4, { browser: false }).machine).toMatchObject({ memoryGiB: 10, cpus: 10 });
  });

  test("the caps of service and agents together are the seed's resources.conf: 18 GiB and 900 % for four", () => {
    expect(size(4).share).toEqual({ memoryMaxGiB: 18, cpuQuotaPercent: 900 });
  });

  test("the service gets 2 GiB and one CPU, the agents' slice the rest", () => {
    const { service, agentsSlice, container } = size(4);
    expect(service).toMatchObject({ memoryMaxBytes: 2 * bytesPerGiB, cpuQuotaPercent: 100 });
    expect(agentsSlice).toEqual({ memoryMaxBytes: 16 * bytesPerGiB, cpuQuotaPercent: 800, tasksMax: 2048 });
    expect(container).toEqual({ memoryMaxBytes: 4 * bytesPerGiB, cpuQuotaPercent: 200, tasksMax: 512 });
  });

  test("without a browser a container gets the seed's 256 pids", () => {
    expect(size(3, { browser: false })).toMatchObject({ container: { tasksMax: 256 }, agentsSlice: { tasksMax: 768 } });
  });

  test("the agents' slice holds exactly N containers, for every N", () => {
    for (let n = 1; n <= 64; n++) {
      const { agentsSlice, container, maxConcurrentContainers } = size(n);
      expect(maxConcurrentContainers).toBe(n);
      expect(agentsSlice).toEqual({
        memoryMaxBytes: n * container.memoryMaxBytes,
        cpuQuotaPercent: n * container.cpuQuotaPercent,
        tasksMax: n * container.tasksMax,
      });
    }
  });
});

describe("CPU overcommit", () => {
  test("two containers with an overcommit of 1.5 need four CPUs, which is what a t3.xlarge has", () => {
    expect(size(2, { cpuOvercommit: 1.5 }).machine.cpus).toBe(4);
  });
  test("it rounds up to whole CPUs", () => {
    expect(size(4, { cpuOvercommit: 1.5 }).machine.cpus).toBe(7);
  });
  test("a rounding error does not cost a CPU", () => {
    expect(size(32, { cpuOvercommit: 1.1 }).machine.cpus).toBe(60);
  });
  test("it changes neither memory nor any cap", () => {
    const { machine: strict, cpuOvercommit: _strict, ...strictCaps } = size(4);
    const { machine, cpuOvercommit: _over, ...caps } = size(4, { cpuOvercommit: 2 });
    expect(caps).toEqual(strictCaps);
    expect(machine.memoryGiB).toBe(strict.memoryGiB);
  });
});

test("disk is the sum of the system disk and the state disk, and grows with N", () => {
  const one = size(1).machine;
  const two = size(2).machine;
  expect(one).toMatchObject({ rootDiskGiB: 29, stateDiskGiB: 5, diskGiB: 34 });
  expect(two.diskGiB - one.diskGiB).toBe(3);
});

describe("refusals", () => {
  test.each([0, -1, 65, 10_000, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("%d containers are refused", (containers) => {
    expect(() => size(containers)).toThrow(/^containers: wanted a whole number from 1 to 64; got .+\. Remedy: ./);
  });
  test.each([0, 0.99, 4.01, Number.NaN])("an overcommit of %d is refused", (cpuOvercommit) => {
    expect(() => size(1, { cpuOvercommit })).toThrow(/^cpuOvercommit: wanted a number from 1 to 4; got .+\. Remedy: ./);
  });
  test("too many containers are answered with a way out", () => {
    expect(() => size(65)).toThrow(/several hosts/);
    expect(() => size(65)).toThrow(Refusal);
  });
});
