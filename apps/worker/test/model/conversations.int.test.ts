import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { queueStores } from "@millrace/testing";
import { happenings } from "./commands.ts";
import { checkInvariants } from "./invariants.ts";
import { startRun } from "./run.ts";
import { openWorld, type World } from "./world.ts";

/** Runs on each backend. What matters is when things happen to meet: raise it to look for more. */
const RUNS = 3;

describe.each(queueStores())("on $kind", { concurrent: true }, (store) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(store);
  });
  afterAll(() => world.close());

  test("3, 5, 6, 7, 12: whatever happens, each message is sent once, in order, not after a takeover, and is known", async () => {
    await fc.assert(
      fc.asyncProperty(happenings, async (happening) => {
        const run = await startRun(world);
        await fc.asyncModelRun(() => ({ model: run, real: run }), happening);
        await run.end();
        await checkInvariants(run);
      }),
      // No smaller one is looked for: times are real, and the same commands need not meet in the same way again.
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(world.arrivals.length).toBeGreaterThan(0);
  }, 300_000);
});
