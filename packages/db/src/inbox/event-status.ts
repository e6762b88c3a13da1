import { and, count, desc, eq, inArray } from "drizzle-orm";
import type { Database, Executor } from "../connection/database.ts";
import { conversionUploads, deadLetters, webhookEvents } from "../schema/index.ts";

/** What Postgres knows of an event. */
export type EventStatus = {
  status: "done" | "dead";
  result: string | null;
  detail: string | null;
  error: string | null;
  correlationId: string;
  receivedAt: Date;
  updatedAt: Date;
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

/** What has become of a sale that an event told, as `millrace trace` shows it. */
export type ConversionEntry = {
  status: string;
  /** Why it was rejected or is held. */
  error: string | null;
  transactionId: string;
  requestId: string | null;
  updatedAt: Date;
};

/** Events of a integration by status, and the status of those that were asked for. */
export type StatusCounts = { done: number; dead: number; statuses: Map<string, "done" | "dead"> };

/** Answers where events are, from what is committed. */
export type EventStatuses = {
  /** Events of a integration by status. */
  counts(integration: string): Promise<{ done: number; dead: number }>;
  /**
   * The same, and which of these events are committed, and as what: both of one moment, so that an event that is being
   * done meanwhile is in both or in neither. Any number of events will do.
   */
  countsWithStatuses(integration: string, eventIds: readonly string[]): Promise<StatusCounts>;
  /** What is known of one event; undefined when nothing is. */
  find(integration: string, eventId: string): Promise<EventStatus | undefined>;
  /** Its dead letters, latest first. */
  deadLetters(integration: string, eventId: string): Promise<DeadLetterEntry[]>;
  /** The conversion that it told; undefined when it told none. */
  conversion(eventId: string): Promise<ConversionEntry | undefined>;
};

/** Event ids asked for in one statement. */
const PIECE = 5_000;

/** {@link EventStatuses} on the tables webhook_events and dead_letters. */
export function createEventStatuses({ orm }: Database): EventStatuses {
  return {
    counts: (integration) => countsOf(orm, integration),
    countsWithStatuses: (integration, eventIds) =>
      orm.transaction(
        async (tx) => ({ ...(await countsOf(tx, integration)), statuses: await statusesOf(tx, integration, eventIds) }),
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
        })
        .from(webhookEvents)
        .where(and(eq(webhookEvents.integration, integration), eq(webhookEvents.eventId, eventId)));
      return row;
    },
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

async function countsOf(tx: Executor, integration: string): Promise<{ done: number; dead: number }> {
  const rows = await tx
    .select({ status: webhookEvents.status, events: count() })
    .from(webhookEvents)
    .where(eq(webhookEvents.integration, integration))
    .groupBy(webhookEvents.status);
  const of = (status: string) => rows.find((row) => row.status === status)?.events ?? 0;
  return { done: of("done"), dead: of("dead") };
}

async function statusesOf(
  tx: Executor,
  integration: string,
  eventIds: readonly string[],
): Promise<StatusCounts["statuses"]> {
  const found: StatusCounts["statuses"] = new Map();
  for (let from = 0; from < eventIds.length; from += PIECE) {
    const piece = eventIds.slice(from, from + PIECE);
    const rows = await tx
      .select({ eventId: webhookEvents.eventId, status: webhookEvents.status })
      .from(webhookEvents)
      .where(and(eq(webhookEvents.integration, integration), inArray(webhookEvents.eventId, piece)));
    for (const row of rows) found.set(row.eventId, row.status);
  }
  return found;
}
