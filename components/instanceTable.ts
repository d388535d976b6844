import { readFileSync } from "node:fs";
import { parseInstanceTable, type InstanceType } from "./instanceTypes.ts";

let table: InstanceType[] | undefined;

/** The types in components/data/ec2-instances.csv; read once. */
export function instanceTable(): readonly InstanceType[] {
  table ??= parseInstanceTable(readFileSync(new URL("data/ec2-instances.csv", import.meta.url), "utf8"));
  return table;
}
