import { defineConfig } from "vitest/config";
import { SlowestFirst } from "./src/slowest-first.ts";

const exclude = ["**/node_modules/**"];
const setupFiles = ["packages/testing/src/egress-guard.ts"];

/** Two projects: `x.test.ts` needs no server, `x.int.test.ts` needs the Postgres and Redis that the global set-up starts. */
export default defineConfig({
  test: {
    sequence: { sequencer: SlowestFirst },
    projects: [
      {
        test: {
          name: "unit",
          include: ["{apps,packages}/**/*.test.ts"],
          exclude: [...exclude, "**/*.int.test.ts"],
          setupFiles,
          pool: "threads",
          // Importing the modules again for each file would take longer than the tests.
          isolate: false,
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
          // End-to-end tests start several processes, which takes long on a busy machine.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Each file has a database of its own, so files share the imported modules of their process: half the CPU time.
          isolate: false,
          // Each file works on real servers and often waits for them: three files at a time keep two cores busy.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
