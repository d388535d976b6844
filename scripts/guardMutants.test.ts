import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { HARDENING } from "../host/guard/hardening.ts";
import { hardeningMutants, MUTANTS } from "./guardMutants.ts";

test("each protection that is taken out of the guard stands in it exactly once", () => {
  const times = ({ file, from }: { file: string; from: string }): number => readFileSync(new URL(`../host/guard/${file}`, import.meta.url), "utf8").split(from).length - 1;
  expect([...MUTANTS, ...hardeningMutants(HARDENING.length)].filter((one) => times(one) !== 1)).toEqual([]);
});
