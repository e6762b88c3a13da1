import { and, asc, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import type { FollowUp, OutgoingMessage } from "@millrace/core";
import { createBatcher } from "../batches/batcher.ts";
import type { Database } from "../connection/database.ts";
import { type DatabaseNow, databaseNow, later, msUntil } from "../connection/database-clock.ts";
import { conversationIdOf } from "../conversations/aliases.ts";
import { sendJob } from "../inbox/follow-up-jobs.ts";
import { conversations, messages } from "../schema/index.ts";
import { type SendTarget, targetColumns, targetOf } from "./send-target.ts";

/** An outbound message and its state, as its send job finds them. */
export type SendState = {
  message: OutgoingMessage;
  status: string;
  /** Whether the message must not be sent (again): the platform has accepted it, or it is suppressed. */
  isTerminal: boolean;
  /** Whether the time has passed after which the message must not be sent. */
  isExpired: boolean;
  /** The message's position among the conversation's outbound messages. */
  position: number;
  /** How many earlier messages of the conversation are unsent. */
  ahead: number;
  /** Set for an AI answer: the epoch in which it was requested. The takeover lock compares it before the send. */
  answer: { epoch: number } | undefined;
  /** When an attempt with an unknown result began. */
  attemptedAt: Date | undefined;
  /** How long ago that attempt began, in ms by the database's clock. */
  attemptAgeMs: number | undefined;
  /** How long until the send slot, in ms by the database's clock, once the rate limits assigned one. */
  sendSlotInMs: number | undefined;
};

/**
 * The send state of outbound messages, as the worker's send processor reads and writes it between an event's
 * transactions. What such a transaction itself writes is in outbox.ts.
 */
export type SendStates = {
  /** Returns undefined when the message does not exist. */
  find(messageId: string): Promise<SendState | undefined>;
  /**
   * The target of an action, such as a typing indicator; undefined when the conversation does not exist. A job names its
   * conversation by the id that it had when the job was added.
   */
  findTarget(conversationId: string): Promise<(SendTarget & { id: string }) | undefined>;
  /** Records the send slot that the rate limits assigned, in `waitMs` from now. */
  setSendSlot(messageId: string, waitMs: number): Promise<void>;
  /**
   * Records that an attempt begins. Its result is unknown until `markSent` or {@link SendStates.markRejected} follows. `seen`
   * is the state as this worker read it. Returns false when its status or its last attempt has changed since, or changes
   * now: another worker took over a stalled job and may have dead-lettered it, the platform reported the message, or
   * another transaction locks it.
   */
  begin(seen: SeenState, at: Date): Promise<boolean>;
  /** Records that the platform rejected the attempt that began at `begunAt`; `throttled` adds a rate limit hit. */
  markRejected(messageId: string, begunAt: Date, throttled: boolean): Promise<void>;
  /** Records that the recipient cannot be reached. */
  markUnreachable(conversationId: string, at: Date): Promise<void>;
  /** The id of the conversation's next unsent message after a position; undefined when there is none. */
  nextUnsent(conversationId: string, position: number): Promise<string | undefined>;
  /** The send job of the conversation's first unsent message, if that message was queued before `before`. */
  oldestWaitingJob(conversationId: string, before: Date): Promise<FollowUp | undefined>;
};

/** What {@link SendStates.begin} compares. */
export type SeenState = Pick<SendState, "status" | "attemptedAt"> & { message: Pick<OutgoingMessage, "id"> };

const isUnsent = inArray(messages.status, ["queued", "sending"]);

/** {@link SendStates} on the tables messages and conversations. Calls that are made together share a statement. */
export function createSendStates({ orm }: Database, now = databaseNow): SendStates {
  const states = createBatcher((ids: readonly string[]) => findStates(orm, ids, now));
  const attempts = createBatcher((begun: readonly BegunAttempt[]) => beginAttempts(orm, begun));
  const followers = createBatcher((sent: readonly SentPosition[]) => findNextUnsent(orm, sent));
  return {
    find: (messageId) => states.add(messageId),
    async findTarget(conversationId) {
      const named = eq(conversations.id, conversationIdOf(conversationId));
      const [row] = await orm.select(targetColumns).from(conversations).where(named);
      return row && { ...targetOf(row), id: row.conversationId };
    },
    async setSendSlot(messageId, waitMs) {
      const sendSlotAt = later(now(), waitMs);
      await orm.update(messages).set({ sendSlotAt }).where(eq(messages.id, messageId));
    },
    begin: (seen, at) => attempts.add({ seen, at }),
    async markRejected(messageId, begunAt, throttled) {
      await orm
        .update(messages)
        .set({ attemptedAt: null, ...(throttled ? { rateLimitHits: sql`${messages.rateLimitHits} + 1` } : {}) })
        .where(and(eq(messages.id, messageId), eq(messages.status, "sending"), eq(messages.attemptedAt, begunAt)));
    },
    async markUnreachable(conversationId, at) {
      await orm
        .update(conversations)
        .set({ reachable: false, reachableChangedAt: at, updatedAt: sql`now()` })
        .where(eq(conversations.id, conversationId));
    },
    nextUnsent: (conversationId, position) => followers.add({ conversationId, position }),
    async oldestWaitingJob(conversationId, before) {
      const { id, channel, accountId, createdAt, expiresAt } = messages;
      const [row] = await orm
        .select({ id, channel, accountId, createdAt, expiresAt })
        .from(messages)
        .where(and(eq(messages.conversationId, conversationId), isUnsent))
        .orderBy(asc(messages.position))
        .limit(1);
      return row && row.createdAt < before ? sendJob({ ...row, conversationId }) : undefined;
    },
  };
}

type SendStateRow = Parameters<typeof targetOf>[0] &
  Pick<
    typeof messages.$inferSelect,
    "id" | "replyTo" | "rateLimitHits" | "status" | "externalId" | "position" | "author" | "epoch" | "attemptedAt"
  > &
  Pick<SendState, "isExpired" | "ahead"> & { content: unknown; attemptAgeMs: number; sendSlotInMs: number | null };

/** Returns the states of messages, by one statement for all. */
async function findStates(
  orm: Database["orm"],
  messageIds: readonly string[],
  now: DatabaseNow,
): Promise<(SendState | undefined)[]> {
  const rows = await orm
    .select({
      ...targetColumns,
      id: messages.id,
      content: messages.payload,
      replyTo: messages.replyTo,
      rateLimitHits: messages.rateLimitHits,
      status: messages.status,
      externalId: messages.externalId,
      position: messages.position,
      author: messages.author,
      epoch: messages.epoch,
      attemptedAt: messages.attemptedAt,
      // An attempt sets attempted_at by the worker's clock, and updated_at by the database's.
      attemptAgeMs: sql<number>`- ${msUntil(messages.updatedAt, now)}`,
      sendSlotInMs: sql<number | null>`${msUntil(messages.sendSlotAt, now)}`,
      isExpired: sql<boolean>`coalesce(${messages.expiresAt} <= ${now()}, false)`,
      ahead: unsentAhead(),
    })
    .from(messages)
    .innerJoin(conversations, eq(conversations.id, messages.conversationId))
    .where(sql`${messages.id} = any(${sql.param(messageIds)}::uuid[])`)
    .prepare("find_outgoing")
    .execute();
  const states = new Map(rows.map((row) => [row.id, stateOf(row)]));
  return messageIds.map((id) => states.get(id));
}

function stateOf(row: SendStateRow): SendState {
  const { id, content, rateLimitHits, status } = row;
  // A failed message with a job is being replayed: it is sent unless the platform has accepted it.
  const canSend = row.externalId === null && ["queued", "sending", "failed"].includes(status);
  return {
    message: { ...targetOf(row), id, content, replyTo: row.replyTo ?? undefined, rateLimitHits },
    status,
    isTerminal: !canSend,
    isExpired: row.isExpired,
    position: row.position ?? 0,
    ahead: row.ahead,
    answer: row.author === "ai" && row.epoch !== null ? { epoch: row.epoch } : undefined,
    attemptedAt: row.attemptedAt ?? undefined,
    attemptAgeMs: row.attemptedAt ? row.attemptAgeMs : undefined,
    sendSlotInMs: row.sendSlotInMs ?? undefined,
  };
}

function unsentAhead(): SQL<number> {
  return sql<number>`(select count(*)::int from ${messages} as earlier
    where earlier.conversation_id = ${messages.conversationId} and earlier.position < ${messages.position}
      and earlier.status in ('queued', 'sending'))`;
}

/** An attempt that begins; see {@link SendStates.begin}. */
type BegunAttempt = { seen: SeenState; at: Date };

/** Returns for each attempt whether it began, by one statement for all. */
async function beginAttempts(orm: Database["orm"], attempts: readonly BegunAttempt[]): Promise<boolean[]> {
  const ids = attempts.map(({ seen }) => seen.message.id);
  const at = attempts.map((attempt) => attempt.at.toISOString());
  const status = attempts.map(({ seen }) => seen.status);
  const attemptedAt = attempts.map(({ seen }) => seen.attemptedAt?.toISOString() ?? null);
  // Drizzle makes postgres.js send a timestamptz[] as it is, so the times are texts.
  const attempt = sql`unnest(${sql.param(ids)}::uuid[], ${sql.param(at)}::text[], ${sql.param(status)}::text[],
    ${sql.param(attemptedAt)}::text[]) with ordinality as attempt (id, at, status, attempted_at, place)`;
  const begun = await orm
    .update(messages)
    .set({
      status: "sending",
      attemptedAt: sql`attempt.at::timestamptz`,
      sendSlotAt: null,
      error: null,
      updatedAt: sql`now()`,
    })
    .from(attempt)
    .where(
      and(
        eq(messages.id, sql`attempt.id`),
        isNull(messages.externalId),
        inArray(messages.status, ["queued", "sending", "failed"]),
        eq(messages.status, sql`attempt.status`),
        sql`${messages.attemptedAt} is not distinct from attempt.attempted_at::timestamptz`,
        // All attempts would wait for one row that another transaction locks, such as a merge or an erasure.
        sql`${messages.id} in (select locked.id from ${messages} as locked
          where locked.id = any(${sql.param(ids)}::uuid[]) order by locked.id for no key update skip locked)`,
      ),
    )
    .returning({ place: sql<string>`attempt.place` })
    .prepare("begin_outgoing")
    .execute();
  // Of two attempts at one message, the statement updates the row for one.
  const places = new Set(begun.map(({ place }) => Number(place)));
  return attempts.map((_, index) => places.has(index + 1));
}

/** The position of a message that was sent or given up. */
type SentPosition = { conversationId: string; position: number };

/** Returns for each position the conversation's next unsent message, by one statement for all. */
async function findNextUnsent(orm: Database["orm"], sent: readonly SentPosition[]): Promise<(string | undefined)[]> {
  const conversationIds = sent.map(({ conversationId }) => conversationId);
  const positions = sent.map(({ position }) => position);
  const rows = await orm
    .select({
      place: sql<string>`sent.place`,
      id: sql<string | null>`(select next.id from ${messages} as next
        where next.conversation_id = sent.conversation_id and next.position > sent.position
          and next.status in ('queued', 'sending')
        order by next.position limit 1)`,
    })
    .from(sql`unnest(${sql.param(conversationIds)}::uuid[], ${sql.param(positions)}::int[])
      with ordinality as sent (conversation_id, position, place)`)
    .prepare("next_outgoing")
    .execute();
  const next = new Map(rows.map(({ place, id }) => [Number(place), id ?? undefined]));
  return sent.map((_, index) => next.get(index + 1));
}
