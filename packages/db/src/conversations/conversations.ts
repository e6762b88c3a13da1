import { and, eq, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import type { Activity, Channel, Click, ConversationMode, ModeChange, NewId, Thread } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { conversationIdOf } from "./aliases.ts";
import { isLatest } from "./is-latest.ts";
import { lockNames } from "../connection/advisory-locks.ts";
import { cases, conversations } from "../schema/index.ts";
import { clickFrom, clickTo } from "./click-columns.ts";
import { mergeConversations } from "./merge.ts";
import type { EventContext } from "../inbox/event-context.ts";
import { changeMode } from "./takeover.ts";
import { findThreadState, setThreadMovedTo, setThreadReachable, type ThreadState } from "./thread-state.ts";

/** A conversation by its id. */
type FoundConversation = Thread & {
  id: string;
  mode: ConversationMode;
  epoch: number;
  click?: Click | undefined;
};

/** Conversations, one per thread. */
export type ConversationStore = {
  /** Returns a conversation by its id, or by the id of one that was merged into it; undefined when there is none. */
  find(id: string): Promise<FoundConversation | undefined>;
  /**
   * Changes the mode and increments the conversation's epoch, which invalidates every AI answer that was requested
   * earlier and is not sent yet. It waits for an answer that is being sent at that moment. A hand-back asks the AI to
   * answer the messages that arrived since the takeover. Returns false when the conversation is in that mode already, or
   * when a change later than `at` is recorded.
   */
  changeMode(takeover: ModeChange): Promise<boolean>;
  /** Returns the id of the thread's conversation. Creates the conversation, and an open case, where there is none. */
  open(thread: Thread, activity: Activity): Promise<string>;
  /** Records an activity of the contact that is no message, such as a reaction, if the conversation exists. */
  recordUserActivity(thread: Thread, at: Date): Promise<void>;
  /**
   * Gives a thread its new id (a Telegram group becomes a supergroup), also when it has no conversation yet. The
   * conversation of the new id, if any, is merged into it. Later events with the old id belong to the new one.
   */
  migrate(channel: Channel, accountId: string, fromThreadId: string, toThreadId: string): Promise<void>;
  /**
   * Records whether messages can reach the contact (it blocked or unblocked us), also for a thread without a
   * conversation. The latest `at` wins; of two with the same time, `true` wins.
   */
  setReachable(channel: Channel, accountId: string, threadId: string, reachable: boolean, at: Date): Promise<void>;
};

/** {@link ConversationStore} on the tables conversations, cases and thread_states. */
export function conversationStore(tx: Executor, context: EventContext): ConversationStore {
  const { newId } = context;
  return {
    async find(id) {
      const [row] = await tx
        .select({
          id: conversations.id,
          tenantId: conversations.tenantId,
          channel: conversations.channel,
          accountId: conversations.accountId,
          threadId: conversations.threadId,
          kind: conversations.kind,
          contactId: conversations.contactId,
          title: conversations.title,
          mode: conversations.mode,
          epoch: conversations.epoch,
          clickKind: conversations.clickKind,
          clickId: conversations.clickId,
        })
        .from(conversations)
        .where(eq(conversations.id, conversationIdOf(id)))
        .prepare("find_conversation")
        .execute();
      if (!row) return undefined;
      const { contactId, title, clickKind, clickId, ...thread } = row;
      const click = clickFrom({ clickKind, clickId });
      return { ...thread, contactId: contactId ?? undefined, title: title ?? undefined, click };
    },

    changeMode: (change) => changeMode(tx, context, change),

    async open(thread, activity) {
      const found = await touch(tx, thread, activity);
      if (found?.caseStatus === "open") return found.id;
      const state = await lockThread(tx, thread);
      if (!state?.movedTo) return openLocked(tx, newId, thread, activity, state);
      const moved = { ...thread, threadId: state.movedTo };
      return openLocked(tx, newId, moved, activity, await lockThread(tx, moved));
    },

    async recordUserActivity(thread, at) {
      await tx
        .update(conversations)
        .set({ lastUserMessageAt: latestUserTime(at), updatedAt: sql`now()` })
        .where(isThread(thread));
    },

    async migrate(channel, accountId, fromThreadId, toThreadId) {
      if (fromThreadId === toThreadId) return;
      // Lock the old thread first, as `open` does when it follows a move, so that the two cannot deadlock.
      for (const threadId of [fromThreadId, toThreadId])
        await lockNames(tx, [threadLockName({ channel, accountId, threadId })]);
      await setThreadMovedTo(tx, { channel, accountId, threadId: fromThreadId }, toThreadId);
      const from = await find(tx, channel, accountId, fromThreadId);
      const to = await find(tx, channel, accountId, toThreadId);
      if (from && to) await mergeConversations(tx, context, to, from);
      else if (from) await tx.update(conversations).set({ threadId: toThreadId }).where(eq(conversations.id, from));
    },

    async setReachable(channel, accountId, threadId, reachable, at) {
      const thread = { channel, accountId, threadId };
      await lockNames(tx, [threadLockName(thread)]);
      await setThreadReachable(tx, thread, reachable, at);
      await tx
        .update(conversations)
        .set({ reachable, reachableChangedAt: at, updatedAt: sql`now()` })
        .where(and(isThread(thread), isLatest(conversations.reachableChangedAt, at, reachable)));
    },
  };
}

type ThreadKey = Pick<Thread, "channel" | "accountId" | "threadId">;

function threadLockName({ channel, accountId, threadId }: ThreadKey): string {
  return `thread/${channel}/${accountId}/${threadId}`;
}

/** Locks a thread until the transaction ends, and returns its state. */
async function lockThread(tx: Executor, thread: ThreadKey): Promise<ThreadState | undefined> {
  const [, state] = await Promise.all([lockNames(tx, [threadLockName(thread)]), findThreadState(tx, thread)]);
  return state;
}

/** Returns the open conversation of a locked thread, or opens one. */
async function openLocked(
  tx: Executor,
  newId: NewId,
  thread: Thread,
  activity: Activity,
  state: ThreadState | undefined,
): Promise<string> {
  const found = await touch(tx, thread, activity);
  if (found?.caseStatus === "open") return found.id;
  const caseId = await openCase(tx, newId, thread, activity.at);
  if (!found) {
    const id = newId();
    await tx.insert(conversations).values({ id, caseId, ...newConversation(thread, activity, state) });
    return id;
  }
  await tx.update(conversations).set({ caseId }).where(eq(conversations.id, found.id));
  return found.id;
}

function isThread({ channel, accountId, threadId }: ThreadKey) {
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
    .where(isThread({ channel, accountId, threadId }));
  return row?.id;
}

function latestUserTime(at: Date) {
  return sql`greatest(${conversations.lastUserMessageAt}, ${at.toISOString()}::timestamptz)`;
}

/** The columns of a click, unless the conversation has a later one. */
function laterClick({ kind, id }: Click, at: Date) {
  const isLater = isLatest(conversations.clickedAt, at, false);
  const ifLater = (column: AnyPgColumn, value: string | Date) =>
    sql`case when ${isLater} then ${sql.param(value, column)} else ${column} end`;
  return {
    clickKind: ifLater(conversations.clickKind, kind),
    clickId: ifLater(conversations.clickId, id),
    clickedAt: ifLater(conversations.clickedAt, at),
  };
}

/** Updates a conversation with an activity; times only move forward. Returns undefined when the thread has none. */
async function touch(tx: Executor, thread: Thread, { at, byUser, click }: Activity) {
  const [row] = await tx
    .update(conversations)
    .set({
      lastMessageAt: sql`greatest(${conversations.lastMessageAt}, ${at.toISOString()}::timestamptz)`,
      ...(byUser ? { lastUserMessageAt: latestUserTime(at) } : {}),
      ...(thread.title === undefined ? {} : { title: thread.title }),
      ...(click ? laterClick(click, at) : {}),
      updatedAt: sql`now()`,
    })
    .from(cases)
    .where(and(isThread(thread), eq(cases.id, conversations.caseId)))
    .returning({ id: conversations.id, caseStatus: cases.status })
    .prepare("touch_conversation")
    .execute();
  return row;
}

async function openCase(tx: Executor, newId: NewId, thread: Thread, at: Date): Promise<string> {
  const id = newId();
  await tx.insert(cases).values({ id, tenantId: thread.tenantId, contactId: thread.contactId ?? null, openedAt: at });
  return id;
}

function newConversation(thread: Thread, { at, byUser, click }: Activity, state: ThreadState | undefined) {
  return {
    tenantId: thread.tenantId,
    contactId: thread.contactId ?? null,
    channel: thread.channel,
    accountId: thread.accountId,
    threadId: thread.threadId,
    kind: thread.kind,
    title: thread.title ?? null,
    mode: thread.kind === "direct" ? ("ai" as const) : ("human" as const),
    reachable: state?.reachable ?? true,
    reachableChangedAt: state?.reachableChangedAt ?? null,
    lastMessageAt: at,
    lastUserMessageAt: byUser ? at : null,
    ...clickTo(click),
    clickedAt: click ? at : null,
  };
}
