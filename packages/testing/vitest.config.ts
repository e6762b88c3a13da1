import { defineConfig } from "vitest/config";

const exclude = ["**/node_modules/**"];
const setupFiles = ["packages/testing/src/egress-guard.ts"];

/** Two projects: `x.test.ts` needs no server, `x.int.test.ts` needs the Postgres and Redis that the global set-up starts. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{apps,packages}/**/*.test.ts"],
          exclude: [...exclude, "**/*.int.test.ts"],
          setupFiles,
          pool: "threads",
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "integration",
          include: ["{apps,packages}/**/*.int.test.ts"],
          exclude,
          globalSetup: ["packages/testing/src/servers/global-setup.ts"],
          setupFiles,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // Each file works on real servers, and two files at a time keep two cores busy.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
