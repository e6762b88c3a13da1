import { and, eq, isNull, lt, or, sql } from "drizzle-orm";
import type { Activity, Channel, ConversationStore, NewId, Thread } from "@millrace/core";
import type { Executor } from "../database.ts";
import { lockNames } from "../locks.ts";
import { cases, conversations } from "../schema/index.ts";
import { mergeConversations } from "./merge-conversations.ts";

/** {@link ConversationStore} on the tables conversations and cases. */
export function conversationStore(tx: Executor, newId: NewId): ConversationStore {
  return {
    async open(thread, activity) {
      const found = await touch(tx, thread, activity);
      if (found?.caseStatus === "open") return found.id;
      await lockNames(tx, [`thread/${thread.channel}/${thread.accountId}/${thread.threadId}`]);
      const now = await touch(tx, thread, activity);
      if (now?.caseStatus === "open") return now.id;
      const caseId = await openCase(tx, newId, thread, activity.at);
      if (now) {
        await tx.update(conversations).set({ caseId }).where(eq(conversations.id, now.id));
        return now.id;
      }
      return insert(tx, newId, thread, activity, caseId);
    },

    async migrate(channel, accountId, fromThreadId, toThreadId) {
      const from = await find(tx, channel, accountId, fromThreadId);
      const to = await find(tx, channel, accountId, toThreadId);
      if (from && to) await mergeConversations(tx, to, from);
      else if (from) await tx.update(conversations).set({ threadId: toThreadId }).where(eq(conversations.id, from));
    },

    async setReachable(channel, accountId, threadId, reachable, at) {
      await tx
        .update(conversations)
        .set({ reachable, reachableChangedAt: at, updatedAt: sql`now()` })
        .where(
          and(
            isThread(channel, accountId, threadId),
            or(isNull(conversations.reachableChangedAt), lt(conversations.reachableChangedAt, at)),
          ),
        );
    },
  };
}

function isThread(channel: Channel, accountId: string, threadId: string) {
  return and(
    eq(conversations.channel, channel),
    eq(conversations.accountId, accountId),
    eq(conversations.threadId, threadId),
  );
}

async function find(tx: Executor, channel: Channel, accountId: string, threadId: string): Promise<string | undefined> {
  const [row] = await tx
    .select({ id: conversations.id })
    .from(conversations)
    .where(isThread(channel, accountId, threadId));
  return row?.id;
}

/** Moves the times of a thread forward, never back, and tells its case; undefined when there is no such thread. */
async function touch(tx: Executor, thread: Thread, { at, byUser }: Activity) {
  const [row] = await tx
    .update(conversations)
    .set({
      lastMessageAt: sql`greatest(${conversations.lastMessageAt}, ${at.toISOString()}::timestamptz)`,
      ...(byUser
        ? { lastUserMessageAt: sql`greatest(${conversations.lastUserMessageAt}, ${at.toISOString()}::timestamptz)` }
        : {}),
      ...(thread.title === undefined ? {} : { title: thread.title }),
      updatedAt: sql`now()`,
    })
    .from(cases)
    .where(and(isThread(thread.channel, thread.accountId, thread.threadId), eq(cases.id, conversations.caseId)))
    .returning({ id: conversations.id, caseStatus: cases.status });
  return row;
}

async function openCase(tx: Executor, newId: NewId, thread: Thread, at: Date): Promise<string> {
  const id = newId();
  await tx.insert(cases).values({ id, tenantId: thread.tenantId, contactId: thread.contactId ?? null, openedAt: at });
  return id;
}

async function insert(
  tx: Executor,
  newId: NewId,
  thread: Thread,
  { at, byUser }: Activity,
  caseId: string,
): Promise<string> {
  const id = newId();
  await tx.insert(conversations).values({
    id,
    tenantId: thread.tenantId,
    caseId,
    contactId: thread.contactId ?? null,
    channel: thread.channel,
    accountId: thread.accountId,
    threadId: thread.threadId,
    kind: thread.kind,
    title: thread.title ?? null,
    mode: thread.kind === "direct" ? "ai" : "human",
    lastMessageAt: at,
    lastUserMessageAt: byUser ? at : null,
  });
  return id;
}
