import { describeError, type Logger, type Now } from "@millrace/core";
import { databaseErrorCode } from "@millrace/db";
import type { EventProcessor } from "@millrace/queue";

/** How long jobs wait for Postgres before that is an alert, and how long after the last error it ends, in ms. */
const ALERT_AFTER_MS = 120_000;

/** Jobs of one queue wait because Postgres cannot do their work. */
export type DatabaseOutage = {
  queue: string;
  since: Date;
  lastAt: Date;
  /** What Postgres or its connection reports, for example `42703`. */
  code: string;
};

/** What one worker knows of the outages: which queues it consumes, since when, and which of them wait. */
export type KnownOutages = {
  queues: ReadonlySet<string>;
  watchedSince: Date;
  waiting: readonly DatabaseOutage[];
};

/** Remembers since when the attempts of each queue end because of Postgres. */
export type DatabaseOutages = {
  /** Returns the processor of a queue that this worker consumes, with its outages recorded. */
  watch(queue: string, processor: EventProcessor): EventProcessor;
  known(): KnownOutages;
};

/**
 * Creates the memory of one worker. An outage of two minutes is logged once as an alert: while Postgres is down
 * altogether, no other alert can be written.
 */
export function createDatabaseOutages(now: Now, log: Logger): DatabaseOutages {
  const watchedSince = now();
  const queues = new Set<string>();
  const outages = new Map<string, DatabaseOutage>();
  let isLogged = false;

  function forgetEnded(): void {
    const at = now().getTime();
    for (const { queue, lastAt } of outages.values())
      if (at - lastAt.getTime() >= ALERT_AFTER_MS) outages.delete(queue);
    if (outages.size === 0) isLogged = false;
  }
  function record(queue: string, error: unknown): void {
    forgetEnded();
    const at = now();
    const since = outages.get(queue)?.since ?? at;
    const code = databaseErrorCode(error) ?? "unknown";
    outages.set(queue, { queue, since, lastAt: at, code });
    if (isLogged || at.getTime() - since.getTime() < ALERT_AFTER_MS) return;
    isLogged = true;
    log.error({ queue, code, error: describeError(error), since: since.toISOString(), alert: true }, "database.outage");
  }

  return {
    watch(queue, processor) {
      queues.add(queue);
      return {
        ...processor,
        isOutage(error) {
          const isOutage = processor.isOutage(error);
          if (isOutage) record(queue, error);
          return isOutage;
        },
      };
    },
    known() {
      forgetEnded();
      return { queues, watchedSince, waiting: [...outages.values()] };
    },
  };
}

/** The rule `database_outage`: the subjects that meet its condition, each a queue. */
export function databaseOutageMatches(
  { waiting }: KnownOutages,
  { now, isOpen }: { now: Date; isOpen(subject: string): boolean },
): { subject: string; summary: string }[] {
  return waiting
    .map((outage) => ({ ...outage, waitsForMs: now.getTime() - outage.since.getTime() }))
    .filter(({ queue, waitsForMs }) => waitsForMs >= ALERT_AFTER_MS || isOpen(queue))
    .map(({ queue, code }) => ({
      subject: queue,
      summary: `jobs in ${queue} wait because Postgres cannot do their work: error ${code}`,
    }));
}

/**
 * Whether a worker can decide that the jobs of a queue do not wait any more: it consumes the queue, and has done so for
 * long enough to meet the error if there is one.
 */
export function knowsDatabaseOutage(
  { queues, watchedSince, waiting }: KnownOutages,
  queue: string,
  now: Date,
): boolean {
  const isLongEnough = now.getTime() - watchedSince.getTime() >= ALERT_AFTER_MS;
  return queues.has(queue) && (isLongEnough || waiting.some((outage) => outage.queue === queue));
}
