import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { queueStores } from "@millrace/testing";
import { commandSequences } from "./commands.ts";
import { checkInvariants } from "./invariants.ts";
import { startRun } from "./run.ts";
import { openModelHarness, type ModelHarness } from "./model-harness.ts";

/** Runs on each backend. What matters is when things happen to meet: raise it to look for more. */
const RUNS = 3;

describe.each(queueStores())("on $kind", { concurrent: true }, (store) => {
  let harness: ModelHarness;
  beforeAll(async () => {
    harness = await openModelHarness(store);
  });
  afterAll(() => harness.close());

  test("3, 5, 6, 7, 12: whatever happens, each message is sent once, in order, not after a takeover, and is known", async () => {
    await fc.assert(
      fc.asyncProperty(commandSequences, async (happening) => {
        const run = await startRun(harness);
        await fc.asyncModelRun(() => ({ model: run, real: run }), happening);
        await run.end();
        await checkInvariants(run);
      }),
      // No smaller one is looked for: times are real, and the same commands need not meet in the same way again.
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(harness.arrivals.length).toBeGreaterThan(0);
  }, 300_000);
});
