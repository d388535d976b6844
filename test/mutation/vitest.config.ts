import { defineConfig } from "vitest/config";

/** The guard's table tests: what a table can catch, a table must catch, so properties, races and processes are left out. */
export default defineConfig({
  test: {
    include: ["host/guard/*.test.ts", "contract/*.test.ts"],
    testTimeout: 120_000,
    exclude: ["**/property.test.ts", "**/fuzz.test.ts", "**/swap.test.ts", "**/check.test.ts", "**/policyFile.test.ts", "**/egress.test.ts", "**/audit.test.ts"],
  },
});
