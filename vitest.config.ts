import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", testTimeout: 600_000, hookTimeout: 600_000, include: ["**/*.test.ts"], exclude: ["**/node_modules/**", "**/.state/**", "test/e2e/**", "test/long/**", "test/fixtures/**"] } },
      // Whole VMs: one after the other, for two cores emulate one VM at a time.
      ...["e2e", "long"].map((name) => ({
        test: { name, include: [`test/${name}/**/*.test.ts`], fileParallelism: false, testTimeout: 40 * 60_000, hookTimeout: 40 * 60_000 },
      })),
    ],
  },
});
