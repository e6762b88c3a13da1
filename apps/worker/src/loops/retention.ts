import { setTimeout as wait } from "node:timers/promises";
import type { Logger, Now } from "@millrace/core";
import { RETAINED_TABLES, type RetainedTable, type Retention } from "@millrace/db";
import { type Loop, startLoop } from "./loop.ts";

/** For how many days each table keeps a row after its end; undefined for ever. */
export type RetentionDays = Readonly<Record<RetainedTable, number | undefined>>;

/** Times of the retention in ms. */
export type RetentionTimings = {
  /** How long after the end of one run the next one starts. */
  everyMs: number;
  /** How long a run waits between two steps, so that it does not slow the jobs down. */
  pauseMs: number;
};

/** Dependencies of {@link startRetention}. */
export type RetentionDeps = {
  retention: Retention;
  days: RetentionDays;
  ports: { log: Logger; now: Now };
  timings?: Partial<RetentionTimings>;
};

const DEFAULT_TIMINGS: RetentionTimings = { everyMs: 600_000, pauseMs: 100 };

/** Most steps per table in one run: 100,000 rows, which is 14 million a day. */
const MAX_STEPS = 100;

const DAY_MS = 86_400_000;

/** Deletes expired rows: one run at the start, then one every 10 minutes. */
export function startRetention(deps: RetentionDeps): Loop {
  const { everyMs, pauseMs } = { ...DEFAULT_TIMINGS, ...deps.timings };
  return startLoop(
    everyMs,
    (stopping) => deleteExpiredRows(deps, pauseMs, stopping),
    (error) => deps.ports.log.warn({ err: error }, "retention.failed"),
  );
}

/**
 * One run over all tables. It ends early when another worker is running retention. A table that fails does not keep
 * the run from the next table, and the next run tries it again.
 */
async function deleteExpiredRows(
  { retention, days, ports: { log, now } }: RetentionDeps,
  pauseMs: number,
  stopping: AbortSignal,
): Promise<void> {
  const startedAt = now().getTime();
  const deleted: Partial<Record<RetainedTable, number>> = {};
  for (const table of RETAINED_TABLES) {
    const keptDays = days[table];
    if (keptDays === undefined) continue;
    const before = new Date(startedAt - keptDays * DAY_MS);
    let after: string | undefined;
    try {
      for (let steps = 0; steps < MAX_STEPS; steps += 1) {
        if (stopping.aborted) return;
        const step = await retention.deleteExpired(table, before, after);
        if (!step) return;
        deleted[table] = (deleted[table] ?? 0) + step.rows;
        if (step.next === undefined) break;
        after = step.next;
        await wait(pauseMs, undefined, { signal: stopping }).catch(() => undefined);
      }
    } catch (error) {
      log.warn({ table, err: error }, "retention.failed");
    }
  }
  log.info({ deleted, durationMs: now().getTime() - startedAt }, "retention.completed");
}
