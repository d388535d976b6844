import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", testTimeout: 120_000, hookTimeout: 120_000, include: ["**/*.test.ts"], exclude: ["**/node_modules/**", "test/e2e/**", "test/fixtures/**"] } },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 30 * 60_000,
          hookTimeout: 30 * 60_000,
        },
      },
    ],
  },
});
