import { expect, it } from "vitest";
import { knownVersions, nanoclawContract } from "../../contract/nanoclaw.ts";
import { environmentRules } from "./environmentRules.ts";

const variables = knownVersions.flatMap((version) => nanoclawContract(version).environment);

it.each(variables.map((variable) => [variable.name, variable] as const))("%s can be set where the contract's table says, and there only", (name, { setBy, byDefault }) => {
  const errors = environmentRules("hosts.one.environment", { [name]: byDefault ?? "x" });
  if (setBy === "environment") expect(errors).toEqual([]);
  else expect(errors[0]?.remedy).toContain(setBy === null ? "remove it" : `\`${setBy}\``);
});

it.each([...new Set(knownVersions.flatMap((version) => nanoclawContract(version).secrets))])("%s is refused in the map that is shown in plain text", (name) => {
  expect(environmentRules("hosts.one.environment", { [name]: "x" })).toHaveLength(1);
});
