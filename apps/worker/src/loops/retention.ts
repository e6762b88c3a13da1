import { setTimeout as wait } from "node:timers/promises";
import type { Logger, Now } from "@millrace/core";
import { RETAINED_TABLES, type RetainedTable, type Retention } from "@millrace/db";

/** For how many days rows of each table are kept once they are over; undefined for ever. */
export type KeptDays = Readonly<Record<RetainedTable, number | undefined>>;

/** Times of the rounds in ms; the defaults hold in production, tests make them short. */
export type RetentionTimings = {
  /** How often a round begins. */
  everyMs: number;
  /** How long a round waits between two steps, for those who do the work. */
  pauseMs: number;
};

/** What the rounds are made of. */
export type RetentionParts = {
  retention: Retention;
  keptDays: KeptDays;
  log: Logger;
  now: Now;
  timings?: Partial<RetentionTimings>;
};

const TIMINGS: RetentionTimings = { everyMs: 600_000, pauseMs: 100 };

/** Most steps of one table in a round: 100,000 rows, 14 million a day. */
const MAX_STEPS = 100;

const DAY_MS = 86_400_000;

/** Deletes what is over, in rounds: the first at once, and none while one is running. */
export function startRetention(parts: RetentionParts): { stop(): Promise<void> } {
  const timings = { ...TIMINGS, ...parts.timings };
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  const begin = () => {
    running ??= round(parts, timings.pauseMs, stopping.signal).finally(() => {
      running = undefined;
    });
  };
  const timer = setInterval(begin, timings.everyMs);
  begin();
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await running;
    },
  };
}

/** One round over all tables, which ends where another worker is at it. What fails is left to the next. */
async function round(
  { retention, keptDays, log, now }: RetentionParts,
  pauseMs: number,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = now().getTime();
  const forgotten: Partial<Record<RetainedTable, number>> = {};
  for (const table of RETAINED_TABLES) {
    const days = keptDays[table];
    if (days === undefined) continue;
    const before = new Date(startedAt - days * DAY_MS);
    let after: string | undefined;
    try {
      for (let steps = 0; steps < MAX_STEPS; steps += 1) {
        if (signal.aborted) return;
        const step = await retention.deleteExpired(table, before, after);
        if (!step) return;
        forgotten[table] = (forgotten[table] ?? 0) + step.rows;
        if (step.next === undefined) break;
        after = step.next;
        await wait(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    } catch (error) {
      log.warn({ table, err: error }, "retention.failed");
    }
  }
  log.info({ forgotten, durationMs: now().getTime() - startedAt }, "retention.completed");
}
