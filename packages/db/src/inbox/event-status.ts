import { and, count, desc, eq, inArray, sql } from "drizzle-orm";
import type { FollowUp } from "@millrace/core";
import type { Database, Executor } from "../connection/database.ts";
import { conversionUploads, deadLetters, webhookEvents } from "../schema/index.ts";

/** The committed state of an event. */
export type EventStatus = {
  status: keyof EventCounts;
  result: string | null;
  detail: string | null;
  error: string | null;
  correlationId: string;
  receivedAt: Date;
  updatedAt: Date;
  /** The ids of the jobs that follow from the event, for another trace. */
  followUps: string[];
};

/** A dead letter as `millrace trace` shows it. */
export type DeadLetterEntry = {
  queue: string;
  jobId: string;
  state: string;
  errorKind: string;
  error: string;
  attempts: number;
  failedAt: Date;
};

/** The conversion of an event, as `millrace trace` shows it. */
export type ConversionEntry = {
  status: string;
  /** Why it was rejected, or why it is held. */
  error: string | null;
  transactionId: string;
  requestId: string | null;
  updatedAt: Date;
};

/** How many events of an integration are in each status. */
export type EventCounts = { done: number; dead: number; discarded: number };

/** Counts of an integration's events by status, and the status of the requested events. */
export type StatusCounts = EventCounts & { statuses: Map<string, keyof EventCounts>; isExact: boolean };

/** Up to how many done events of an integration {@link quickCountsOf} counts one by one. */
const MAX_COUNTED = 20_000;

/** Reads the status of events from committed rows. */
export type EventStatuses = {
  /** Counts an integration's events by status. */
  counts(integration: string): Promise<EventCounts>;
  /**
   * Returns the counts and the status of these events from one snapshot, so that an event that is being processed is in
   * both or in neither. Accepts any number of event ids.
   * @param mayEstimate returns an estimate, and `isExact` false, if more than 20,000 events are done: counting them
   * takes longer with each event
   */
  countsWithStatuses(integration: string, eventIds: readonly string[], mayEstimate?: boolean): Promise<StatusCounts>;
  /** Finds one event; undefined when it is not committed. */
  find(integration: string, eventId: string): Promise<EventStatus | undefined>;
  /** Lists the committed events of a request to ingest, and those that resulted from them, in the order of arrival. */
  ofRequest(correlationId: string): Promise<{ integration: string; eventId: string }[]>;
  /** Lists the dead letters of an event, latest first. */
  deadLetters(integration: string, eventId: string): Promise<DeadLetterEntry[]>;
  /** Finds the conversion of an event; undefined when there is none. */
  conversion(eventId: string): Promise<ConversionEntry | undefined>;
};

/** How many event ids one statement contains. */
const CHUNK = 5_000;

/** {@link EventStatuses} on the tables webhook_events and dead_letters. */
export function createEventStatuses({ orm }: Database): EventStatuses {
  return {
    counts: (integration) => countsOf(orm, integration),
    countsWithStatuses: (integration, eventIds, mayEstimate = false) =>
      orm.transaction(
        async (tx) => {
          const quick = mayEstimate ? await quickCountsOf(tx, integration) : undefined;
          const counts = quick ?? { ...(await countsOf(tx, integration)), isExact: true };
          return { ...counts, statuses: await statusesOf(tx, integration, eventIds) };
        },
        { isolationLevel: "repeatable read", accessMode: "read only" },
      ),
    async find(integration, eventId) {
      const [row] = await orm
        .select({
          status: webhookEvents.status,
          result: webhookEvents.result,
          detail: webhookEvents.detail,
          error: webhookEvents.error,
          correlationId: webhookEvents.correlationId,
          receivedAt: webhookEvents.receivedAt,
          updatedAt: webhookEvents.updatedAt,
          followUps: webhookEvents.followUps,
        })
        .from(webhookEvents)
        .where(and(eq(webhookEvents.integration, integration), eq(webhookEvents.eventId, eventId)));
      if (!row) return undefined;
      const followUps = Array.isArray(row.followUps) ? (row.followUps as FollowUp[]) : [];
      return { ...row, followUps: followUps.map(({ id }) => id) };
    },
    ofRequest: (correlationId) =>
      orm
        .select({ integration: webhookEvents.integration, eventId: webhookEvents.eventId })
        .from(webhookEvents)
        .where(eq(webhookEvents.correlationId, correlationId))
        .orderBy(webhookEvents.receivedAt, webhookEvents.id),
    deadLetters: (integration, eventId) =>
      orm
        .select({
          queue: deadLetters.queue,
          jobId: deadLetters.jobId,
          state: deadLetters.state,
          errorKind: deadLetters.errorKind,
          error: deadLetters.error,
          attempts: deadLetters.attempts,
          failedAt: deadLetters.failedAt,
        })
        .from(deadLetters)
        .where(and(eq(deadLetters.integration, integration), eq(deadLetters.eventId, eventId)))
        .orderBy(desc(deadLetters.failedAt)),
    async conversion(eventId) {
      const [row] = await orm
        .select({
          status: conversionUploads.status,
          error: conversionUploads.error,
          transactionId: conversionUploads.transactionId,
          requestId: conversionUploads.requestId,
          updatedAt: conversionUploads.updatedAt,
        })
        .from(conversionUploads)
        .where(eq(conversionUploads.eventId, eventId));
      return row;
    },
  };
}

async function countsOf(tx: Executor, integration: string): Promise<EventCounts> {
  const rows = await tx
    .select({ status: webhookEvents.status, events: count() })
    .from(webhookEvents)
    .where(eq(webhookEvents.integration, integration))
    .groupBy(webhookEvents.status);
  const of = (status: string) => rows.find((row) => row.status === status)?.events ?? 0;
  return { done: of("done"), dead: of("dead"), discarded: of("discarded") };
}

/** Counts up to {@link MAX_COUNTED} done events. Dead and discarded ones are few, and are all counted. */
async function quickCountsOf(orm: Executor, integration: string): Promise<EventCounts & { isExact: boolean }> {
  const inStatus = (status: keyof EventCounts) => sql`select from ${webhookEvents}
    where ${webhookEvents.integration} = ${integration} and ${webhookEvents.status} = ${status}`;
  const [counted = { done: 0, dead: 0, discarded: 0 }] = await orm.execute<EventCounts>(sql`
    select (select count(*)::int from (${inStatus("done")} limit ${MAX_COUNTED + 1}) as done) as done,
      (select count(*)::int from (${inStatus("dead")}) as dead) as dead,
      (select count(*)::int from (${inStatus("discarded")}) as discarded) as discarded`);
  if (counted.done <= MAX_COUNTED) return { ...counted, isExact: true };
  const done = (await estimatedEvents(orm, integration)) - counted.dead - counted.discarded;
  return { ...counted, done: Math.max(done, counted.done), isExact: false };
}

/** Estimates how many events an integration has, from the statistics that Postgres last collected; 0 before the first time. */
async function estimatedEvents(orm: Executor, integration: string): Promise<number> {
  const [row] = await orm.execute<{ events: number }>(sql`
    select (reltuples * share)::int as events
    from pg_class, pg_stats, unnest(most_common_vals::text::text[], most_common_freqs) as common (value, share)
    where pg_class.oid = 'millrace.webhook_events'::regclass and schemaname = 'millrace'
      and tablename = 'webhook_events' and attname = 'integration' and value = ${integration}`);
  return row?.events ?? 0;
}

async function statusesOf(
  tx: Executor,
  integration: string,
  eventIds: readonly string[],
): Promise<StatusCounts["statuses"]> {
  const found: StatusCounts["statuses"] = new Map();
  for (let from = 0; from < eventIds.length; from += CHUNK) {
    const chunk = eventIds.slice(from, from + CHUNK);
    const rows = await tx
      .select({ eventId: webhookEvents.eventId, status: webhookEvents.status })
      .from(webhookEvents)
      .where(and(eq(webhookEvents.integration, integration), inArray(webhookEvents.eventId, chunk)));
    for (const row of rows) found.set(row.eventId, row.status);
  }
  return found;
}
