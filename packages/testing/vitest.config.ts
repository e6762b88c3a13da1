import { defineConfig } from "vitest/config";

/** `x.test.ts` needs no server, `x.int.test.ts` needs Postgres and Redis, which the global set-up brings. */
export default defineConfig({
  test: {
    include: ["apps/**/*.test.ts", "packages/**/*.test.ts"],
    globalSetup: ["packages/testing/src/servers/global-setup.ts"],
    setupFiles: ["packages/testing/src/egress-guard.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Each file works on real servers: two at a time are what two cores can carry.
    maxWorkers: 2,
  },
});
