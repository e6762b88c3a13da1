import { and, asc, eq, gt, inArray, isNull, sql } from "drizzle-orm";
import type { FollowUp, OutgoingMessage } from "@millrace/core";
import type { Database } from "../connection/database.ts";
import { contactIdentities, conversations, messages } from "../schema/index.ts";
import { sendJob } from "../inbox/follow-up-jobs.ts";

/** A message as its job finds it. */
export type SendState = {
  message: OutgoingMessage;
  status: string;
  /** Whether there is nothing left to do: the platform has it, or it must not be sent. */
  isTerminal: boolean;
  position: number;
  /** Messages of the conversation that come first and are not settled. */
  ahead: number;
  /** An answer of the AI and the epoch it was asked in; it passes the fence or is suppressed. */
  answer: { epoch: number } | undefined;
  /** Since when nobody knows whether the platform has it. */
  attemptedAt: Date | undefined;
  /** When the platform's limits let it go, once they were asked. */
  sendSlotAt: Date | undefined;
};

/** Messages on their way out, for the worker that sends them. */
export type SendStates = {
  /** A message; undefined when there is none. */
  find(messageId: string): Promise<SendState | undefined>;
  /** A conversation as an action in it needs it; undefined when there is none. */
  findTarget(
    conversationId: string,
  ): Promise<Omit<OutgoingMessage, "content" | "replyTo" | "rateLimitHits"> | undefined>;
  /** Keeps when the platform's limits let a message go. */
  setSendSlot(messageId: string, at: Date): Promise<void>;
  /**
   * From here on nobody knows whether the platform has it, until one of the next two is told. `seen` is when it was
   * attempted before as this worker has found it. False when that, or its status, is no longer so: another worker came
   * in between, because this one was stopped for so long that its job was given away, or the platform told of it.
   */
  begin(messageId: string, at: Date, seen?: Date): Promise<boolean>;
  /** The platform has not taken it in the attempt that began at `begunAt`; `throttled` counts towards its next wait. */
  refused(messageId: string, begunAt: Date, throttled: boolean): Promise<void>;
  /** The other side cannot be reached any more. */
  unreachable(conversationId: string, at: Date): Promise<void>;
  /** The next message of the conversation that is not settled; undefined when there is none. */
  next(conversationId: string, position: number): Promise<string | undefined>;
  /** The job of the conversation's first message that is not settled, where that was queued before `before`. */
  oldestWaitingJob(conversationId: string, before: Date): Promise<FollowUp | undefined>;
};

/** {@link SendStates} on the tables messages and conversations. */
export function createSendStates({ orm }: Database): SendStates {
  return {
    async find(messageId) {
      const [row] = await orm
        .select({
          ...placeColumns,
          id: messages.id,
          content: messages.payload,
          replyTo: messages.replyTo,
          rateLimitHits: messages.rateLimitHits,
          status: messages.status,
          error: messages.error,
          externalId: messages.externalId,
          position: messages.position,
          author: messages.author,
          epoch: messages.epoch,
          attemptedAt: messages.attemptedAt,
          sendSlotAt: messages.sendSlotAt,
          ahead: sql<number>`(select count(*)::int from ${messages} as earlier
            where earlier.conversation_id = ${messages.conversationId} and earlier.position < ${messages.position}
              and earlier.status in ('queued', 'sending'))`,
        })
        .from(messages)
        .innerJoin(conversations, eq(conversations.id, messages.conversationId))
        .where(eq(messages.id, messageId))
        .prepare("find_outgoing")
        .execute();
      if (!row) return undefined;
      // One that was given up and has a job again is replayed: it is sent unless the platform has it.
      const toSend = row.externalId === null && ["queued", "sending", "failed"].includes(row.status);
      return {
        message: {
          ...placeOf(row),
          id: row.id,
          content: row.content,
          replyTo: row.replyTo ?? undefined,
          rateLimitHits: row.rateLimitHits,
        },
        status: row.status,
        isTerminal: !toSend,
        position: row.position ?? 0,
        ahead: row.ahead,
        answer: row.author === "ai" && row.epoch !== null ? { epoch: row.epoch } : undefined,
        attemptedAt: row.attemptedAt ?? undefined,
        sendSlotAt: row.sendSlotAt ?? undefined,
      };
    },
    async findTarget(conversationId) {
      const [row] = await orm.select(placeColumns).from(conversations).where(eq(conversations.id, conversationId));
      return row && { ...placeOf(row), id: conversationId };
    },
    async setSendSlot(messageId, at) {
      await orm.update(messages).set({ sendSlotAt: at }).where(eq(messages.id, messageId));
    },
    async begin(messageId, at, seen) {
      const begun = await orm
        .update(messages)
        .set({ status: "sending", attemptedAt: at, sendSlotAt: null, error: null, updatedAt: sql`now()` })
        .where(
          and(
            eq(messages.id, messageId),
            isNull(messages.externalId),
            inArray(messages.status, ["queued", "sending", "failed"]),
            sql`${messages.attemptedAt} is not distinct from ${sql.param(seen ?? null, messages.attemptedAt)}`,
          ),
        )
        .returning({ id: messages.id })
        .prepare("begin_outgoing")
        .execute();
      return begun.length > 0;
    },
    async refused(messageId, begunAt, throttled) {
      await orm
        .update(messages)
        .set({ attemptedAt: null, ...(throttled ? { rateLimitHits: sql`${messages.rateLimitHits} + 1` } : {}) })
        .where(and(eq(messages.id, messageId), eq(messages.status, "sending"), eq(messages.attemptedAt, begunAt)));
    },
    async unreachable(conversationId, at) {
      await orm
        .update(conversations)
        .set({ reachable: false, reachableChangedAt: at, updatedAt: sql`now()` })
        .where(eq(conversations.id, conversationId));
    },
    async next(conversationId, position) {
      const [row] = await orm
        .select({ id: messages.id })
        .from(messages)
        .where(
          and(
            eq(messages.conversationId, conversationId),
            gt(messages.position, position),
            inArray(messages.status, ["queued", "sending"]),
          ),
        )
        .orderBy(asc(messages.position))
        .limit(1)
        .prepare("next_outgoing")
        .execute();
      return row?.id;
    },
    async oldestWaitingJob(conversationId, before) {
      const [row] = await orm
        .select({
          id: messages.id,
          channel: messages.channel,
          accountId: messages.accountId,
          createdAt: messages.createdAt,
        })
        .from(messages)
        .where(and(eq(messages.conversationId, conversationId), inArray(messages.status, ["queued", "sending"])))
        .orderBy(asc(messages.position))
        .limit(1);
      return row && row.createdAt < before ? sendJob({ ...row, conversationId }) : undefined;
    },
  };
}

const placeColumns = {
  tenantId: conversations.tenantId,
  conversationId: conversations.id,
  channel: conversations.channel,
  accountId: conversations.accountId,
  threadId: conversations.threadId,
  kind: conversations.kind,
  lastUserMessageAt: conversations.lastUserMessageAt,
  recipients: sql<{ externalId: string; stable: boolean }[]>`(
    select coalesce(json_agg(json_build_object('externalId', ${contactIdentities.externalId}, 'stable', ${contactIdentities.stable})
      order by ${contactIdentities.stable} desc, ${contactIdentities.createdAt} desc), '[]')
    from ${contactIdentities}
    where ${contactIdentities.contactId} = ${conversations.contactId} and ${contactIdentities.channel} = ${conversations.channel})`,
};

type PlaceRow = Omit<OutgoingMessage, "id" | "content" | "replyTo" | "rateLimitHits" | "lastUserMessageAt"> & {
  lastUserMessageAt: Date | null;
};

function placeOf(row: PlaceRow): Omit<OutgoingMessage, "id" | "content" | "replyTo" | "rateLimitHits"> {
  const { tenantId, conversationId, channel, accountId, threadId, kind, recipients } = row;
  const lastUserMessageAt = row.lastUserMessageAt ?? undefined;
  return { tenantId, conversationId, channel, accountId, threadId, kind, recipients, lastUserMessageAt };
}
