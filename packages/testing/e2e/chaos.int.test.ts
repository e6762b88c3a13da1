import { describe, expect, test } from "vitest";
import { planRun, shortenPlan } from "../chaos/plan/plan.ts";
import { formatReport } from "../chaos/report.ts";
import { runChaos } from "../chaos/run.ts";
import { findRedisServer } from "../src/servers/index.ts";

/** The planned duration of the load and the faults, in ms, and the share of it in which they run. `npm run chaos` runs longer. */
const PLANNED_MS = 25_000;
const SHARE = 0.6;

const SEEDS = { redis: 101, postgres: 30 };

const backends = findRedisServer() ? (["redis", "postgres"] as const) : (["postgres"] as const);

// Both runs wait most of the time, so they run at the same time.
describe.concurrent.each(backends)("chaos with the queue on %s", (backend) => {
  test("1, 2, 3, 5, 6, 7, 8, 12, 13, 14, 15: random load and random faults violate no guarantee", async () => {
    const report = await runChaos(shortenPlan(planRun(SEEDS[backend], backend, PLANNED_MS), SHARE));
    // Another test file runs at the same time, so the time that ingest takes proves nothing here.
    const results = report.results.filter(({ check }) => !check.startsWith("ingest"));
    expect(
      results.flatMap(({ violations }) => violations),
      formatReport(report),
    ).toEqual([]);
  }, 360_000);
});
