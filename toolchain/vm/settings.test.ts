import { expect, test } from "vitest";

import { parseSettings, VmSettings } from "./settings.ts";

test("a name and a port are enough, the rest has defaults", () => {
  const settings = parseSettings(VmSettings, '{"name":"dev","stateDir":".state","sshPort":2222}');
  expect(settings).toMatchObject({ image: "auto", memoryMiB: 4096, cpus: 2, user: "provision", deleteState: false });
});

test("every wrong field is named at once, with what was given", () => {
  const bad = () => parseSettings(VmSettings, '{"name":"Dev!","stateDir":"x","sshPort":80,"cpus":1.5,"colour":"red"}');
  expect(bad).toThrow(/name: wanted .*; got "Dev!"\. Remedy/);
  expect(bad).toThrow(/sshPort: wanted .*; got 80/);
  expect(bad).toThrow(/cpus: wanted .*; got 1\.5/);
  expect(bad).toThrow(/colour/);
});

test("something that is not JSON is refused with where to look", () => {
  expect(() => parseSettings(VmSettings, "hello")).toThrow(/settings \(stdin\): wanted one JSON object/);
  expect(() => parseSettings(VmSettings, "")).toThrow(/got nothing/);
});
