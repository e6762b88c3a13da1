import { and, count, desc, eq, inArray } from "drizzle-orm";
import type { Database, Executor } from "../connection/database.ts";
import { conversionUploads, deadLetters, webhookEvents } from "../schema/index.ts";

/** What Postgres knows of an event. */
export type LedgerEntry = {
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

/** Events of a source by status, and the status of those that were asked for. */
export type Tally = { done: number; dead: number; statuses: Map<string, "done" | "dead"> };

/** Answers where events are, from what is committed. */
export type Ledger = {
  /** Events of a source by status. */
  counts(source: string): Promise<{ done: number; dead: number }>;
  /**
   * The same, and which of these events are committed, and as what: both of one moment, so that an event that is being
   * done meanwhile is in both or in neither. Any number of events will do.
   */
  tally(source: string, eventIds: readonly string[]): Promise<Tally>;
  /** What is known of one event; undefined when nothing is. */
  find(source: string, eventId: string): Promise<LedgerEntry | undefined>;
  /** Its dead letters, latest first. */
  deadLetters(source: string, eventId: string): Promise<DeadLetterEntry[]>;
  /** The conversion that it told; undefined when it told none. */
  conversion(eventId: string): Promise<ConversionEntry | undefined>;
};

/** Event ids asked for in one statement. */
const PIECE = 5_000;

/** {@link Ledger} on the tables webhook_events and dead_letters. */
export function createLedger({ orm }: Database): Ledger {
  return {
    counts: (source) => countsOf(orm, source),
    tally: (source, eventIds) =>
      orm.transaction(
        async (tx) => ({ ...(await countsOf(tx, source)), statuses: await statusesOf(tx, source, eventIds) }),
        { isolationLevel: "repeatable read", accessMode: "read only" },
      ),
    async find(source, eventId) {
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
        .where(and(eq(webhookEvents.source, source), eq(webhookEvents.eventId, eventId)));
      return row;
    },
    deadLetters: (source, eventId) =>
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
        .where(and(eq(deadLetters.source, source), eq(deadLetters.eventId, eventId)))
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

async function countsOf(tx: Executor, source: string): Promise<{ done: number; dead: number }> {
  const rows = await tx
    .select({ status: webhookEvents.status, events: count() })
    .from(webhookEvents)
    .where(eq(webhookEvents.source, source))
    .groupBy(webhookEvents.status);
  const of = (status: string) => rows.find((row) => row.status === status)?.events ?? 0;
  return { done: of("done"), dead: of("dead") };
}

async function statusesOf(tx: Executor, source: string, eventIds: readonly string[]): Promise<Tally["statuses"]> {
  const found: Tally["statuses"] = new Map();
  for (let from = 0; from < eventIds.length; from += PIECE) {
    const piece = eventIds.slice(from, from + PIECE);
    const rows = await tx
      .select({ eventId: webhookEvents.eventId, status: webhookEvents.status })
      .from(webhookEvents)
      .where(and(eq(webhookEvents.source, source), inArray(webhookEvents.eventId, piece)));
    for (const row of rows) found.set(row.eventId, row.status);
  }
  return found;
}
