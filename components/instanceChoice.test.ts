import { describe, expect, test } from "vitest";
import { chooseInstance, largestThatFits, type InstanceOptions } from "./instanceChoice.ts";
import { instanceTable } from "./instanceTable.ts";
import { architectures, familyOf, generationOf, parseInstanceTable, sustainedUsdPerHour, type InstanceType } from "./instanceTypes.ts";
import { sizeHost } from "./sizing.ts";

const table = instanceTable();
const named = (name: string) => table.find((type) => type.name === name)!;

function choose(containers: number, options: Partial<InstanceOptions> & { browser?: boolean; cpuOvercommit?: number } = {}, types = table) {
  const { browser = true, cpuOvercommit = 1, ...rest } = options;
  return chooseInstance(types, sizeHost({ containers, browser, cpuOvercommit }), {
    architecture: "x86_64",
    allowBurstable: false,
    ...rest,
  });
}

const type = (name: string, over: Partial<InstanceType> = {}): InstanceType => ({
  name,
  vcpus: 4,
  memoryGiB: 16,
  architecture: "x86_64",
  burstable: false,
  usdPerHour: 0.2,
  ...over,
});

describe("the cheapest type that fits", () => {
  // Brute force, written from the requirement's words and not from the code: no sizing function is called here.
  const cases = [true, false].flatMap((browser) =>
    [1, 1.25, 1.5, 2, 3, 4].flatMap((cpuOvercommit) =>
      architectures.flatMap((architecture) =>
        [true, false].map((allowBurstable) => ({ browser, cpuOvercommit, architecture, allowBurstable })),
      ),
    ),
  );
  test.each(cases)("for every N from 1 to 64 it is the brute-force optimum with %o", (options) => {
    for (let n = 1; n <= 64; n++) {
      const memory = n * (options.browser ? 4 : 2) + 2;
      const fitting = table.filter(
        (t) =>
          t.architecture === options.architecture &&
          (options.allowBurstable || !t.burstable) &&
          t.memoryGiB * 925 >= memory * 1000 &&
          t.vcpus * options.cpuOvercommit >= n * 2 + 2,
      );
      const lowest = Math.min(...fitting.map((t) => t.usdPerHour));
      const newest = Math.max(...fitting.filter((t) => t.usdPerHour === lowest).map(generationOf));
      const chosen = choose(n, options).type;
      expect(fitting).toContain(chosen);
      expect(chosen.usdPerHour).toBe(lowest);
      expect(generationOf(chosen)).toBe(newest);
    }
  });

  test("of equal prices the newer family wins, whatever the order of the table", () => {
    const types = [type("m6x.xlarge"), type("m8x.xlarge"), type("m7x.xlarge")];
    expect(choose(1, {}, types).type.name).toBe("m8x.xlarge");
    expect(choose(1, {}, types.toReversed()).type.name).toBe("m8x.xlarge");
  });

  test("of equal prices and families a virtual machine wins over metal", () => {
    expect(choose(1, {}, [type("m7g.metal"), type("m7g.xlarge")]).type.name).toBe("m7g.xlarge");
  });

  test("memory counts as the guest sees it: a catalogue's 6 GiB is too little for one container's 6 GiB", () => {
    const types = [type("a1.small", { memoryGiB: 6, usdPerHour: 0.1 }), type("a1.large", { memoryGiB: 6.5 })];
    expect(choose(1, {}, types).type.name).toBe("a1.large");
  });

  test("a burstable type is never chosen unless it is allowed, and then with the cost of sustained load", () => {
    expect(choose(2, { cpuOvercommit: 1.5 })).toMatchObject({ type: { name: "m6a.xlarge" } });
    const choice = choose(2, { cpuOvercommit: 1.5, allowBurstable: true });
    expect(choice.type.name).toBe("t3a.xlarge");
    expect(choice.warnings[0]).toMatch(/burstable: under sustained full load it costs \$0\.2704 an hour/);
  });
});

describe("what limits", () => {
  test("CPUs limit a strict host", () => expect(choose(4).limitedBy).toBe("cpus"));
  test("memory limits one with much overcommit", () => expect(choose(16, { cpuOvercommit: 4 }).limitedBy).toBe("memory"));
});

describe("a pinned type", () => {
  test("is taken when it fits, burstable or not, and whatever it costs", () => {
    expect(choose(2, { instanceType: "m7a.48xlarge" }).type.name).toBe("m7a.48xlarge");
    expect(choose(2, { instanceType: "t3.xlarge", cpuOvercommit: 1.5 }).warnings).toHaveLength(2);
  });
  test("that is too small is refused with the shortfall, the nearest that fit, and the largest N", () => {
    expect(() => choose(2, { instanceType: "t3.xlarge" })).toThrow(
      /^instanceType: wanted 10 GiB .* 6 vCPUs for 2 containers; got t3\.xlarge .*short of 2 vCPUs\. Remedy: take t3\.2xlarge .* or m6a\.2xlarge .*largest number that fits t3\.xlarge is 1.*cpuOvercommit to 1\.5/,
    );
    expect(() => choose(4, { instanceType: "t3.xlarge" })).toThrow(/short of 3\.2 GiB and 6 vCPUs/);
  });
  test("that does not exist is refused with the nearest name", () => {
    expect(() => choose(2, { instanceType: "m7i.xlrge" })).toThrow(/did you mean "m7i\.xlarge"/);
  });
  test("of the other architecture is refused", () => {
    expect(() => choose(2, { instanceType: "m7g.2xlarge" })).toThrow(/set the architecture to arm64/);
  });
  test("of the flex kind or of bare metal is taken with a warning", () => {
    expect(choose(2, { instanceType: "m7i-flex.2xlarge" }).warnings[0]).toMatch(/flex/);
    expect(choose(2, { instanceType: "m6a.metal" }).warnings[0]).toMatch(/bare-metal/);
  });
});

test("an N that nothing fits is refused with the largest that does", () => {
  const small = [type("m7x.xlarge")];
  expect(() => choose(3, {}, small)).toThrow(/^containers: .*got 3, .*m7x\.xlarge.* Remedy: the largest number that fits x86_64 is 1$/);
  expect(largestThatFits(small, { browser: true, cpuOvercommit: 1.5 }, { architecture: "x86_64", allowBurstable: false })).toBe(2);
  expect(() => choose(1, {}, [])).toThrow(/not even one container fits/);
});

describe("the table", () => {
  test("every burstable type has a known surcharge, and costs more when it is busy", () => {
    for (const each of table.filter((t) => t.burstable)) expect(sustainedUsdPerHour(each)).toBeGreaterThan(each.usdPerHour);
  });
  test("at full load a t3.xlarge costs more than an m7i.xlarge", () => {
    expect(sustainedUsdPerHour(named("t3.xlarge"))).toBeCloseTo(0.2864, 6);
    expect(sustainedUsdPerHour(named("t3.xlarge"))).toBeGreaterThan(named("m7i.xlarge").usdPerHour);
  });
  test("names are read: family and generation", () => {
    expect([familyOf(named("m7i-flex.large")), generationOf(named("m7i-flex.large"))]).toEqual(["m7i-flex", 7]);
  });
  test.each(["m7i.large,2,8,riscv,false,0.1", "m7i.large,2,8,x86_64,no,0.1", "m7i.large,2,,x86_64,false,0.1", "m7i.large,2,8,x86_64,false,0.1,9"])(
    "a row that cannot be read is refused with its line: %s",
    (row) => {
      const csv = `# source\ntype,vcpu,memory_gib,arch,burstable,usd_per_hour_us_east_1\n${row}\n`;
      expect(() => parseInstanceTable(csv)).toThrow(/line 3/);
    },
  );
  test("a table with another header is refused", () => {
    expect(() => parseInstanceTable("type,price\n")).toThrow(/line 1/);
  });
});
