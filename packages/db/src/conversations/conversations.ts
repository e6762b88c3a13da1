import { and, eq, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import type { Activity, Channel, Click, ConversationStore, NewId, Thread } from "@millrace/core";
import type { Executor } from "../connection/database.ts";
import { isLatest } from "./latest.ts";
import { lockNames } from "../connection/advisory-locks.ts";
import { cases, conversations } from "../schema/index.ts";
import { clickFrom, clickTo } from "./click-columns.ts";
import { mergeConversations } from "./merge.ts";
import type { EventContext } from "../inbox/follow-up-jobs.ts";
import { changeMode } from "./takeover.ts";
import { threadStateOf, setThreadMovedTo, setThreadReachable, type ThreadState } from "./thread-state.ts";

/** {@link ConversationStore} on the tables conversations, cases and thread_states. */
export function conversationStore(tx: Executor, following: EventContext): ConversationStore {
  const { newId } = following;
  return {
    async find(id) {
      const [row] = await tx
        .select({
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
        .where(eq(conversations.id, id))
        .prepare("find_conversation")
        .execute();
      if (!row) return undefined;
      const { contactId, title, clickKind, clickId, ...thread } = row;
      const click = clickFrom({ clickKind, clickId });
      return { ...thread, contactId: contactId ?? undefined, title: title ?? undefined, click };
    },

    changeMode: (takeover) => changeMode(tx, following, takeover),

    async open(thread, activity) {
      const found = await touch(tx, thread, activity);
      if (found?.caseStatus === "open") return found.id;
      const facts = await lockThread(tx, thread);
      if (!facts?.movedTo) return openHere(tx, newId, thread, activity, facts);
      const moved = { ...thread, threadId: facts.movedTo };
      return openHere(tx, newId, moved, activity, await lockThread(tx, moved));
    },

    async recordUserActivity(thread, at) {
      await tx
        .update(conversations)
        .set({ lastUserMessageAt: latestHeard(at), updatedAt: sql`now()` })
        .where(isThread(thread));
    },

    async migrate(channel, accountId, fromThreadId, toThreadId) {
      if (fromThreadId === toThreadId) return;
      // The old one first, as `open` does when it follows a move, so that neither waits for the other.
      for (const threadId of [fromThreadId, toThreadId])
        await lockNames(tx, [threadName({ channel, accountId, threadId })]);
      await setThreadMovedTo(tx, { channel, accountId, threadId: fromThreadId }, toThreadId);
      const from = await find(tx, channel, accountId, fromThreadId);
      const to = await find(tx, channel, accountId, toThreadId);
      if (from && to) await mergeConversations(tx, following, to, from);
      else if (from) await tx.update(conversations).set({ threadId: toThreadId }).where(eq(conversations.id, from));
    },

    async setReachable(channel, accountId, threadId, reachable, at) {
      const place = { channel, accountId, threadId };
      await lockNames(tx, [threadName(place)]);
      await setThreadReachable(tx, place, reachable, at);
      await tx
        .update(conversations)
        .set({ reachable, reachableChangedAt: at, updatedAt: sql`now()` })
        .where(and(isThread(place), isLatest(conversations.reachableChangedAt, at, reachable)));
    },
  };
}

type Place = Pick<Thread, "channel" | "accountId" | "threadId">;

function threadName({ channel, accountId, threadId }: Place): string {
  return `thread/${channel}/${accountId}/${threadId}`;
}

/** Holds the thread until the transaction ends and tells what is known of it besides its conversation. */
async function lockThread(tx: Executor, place: Place): Promise<ThreadState | undefined> {
  const [, facts] = await Promise.all([lockNames(tx, [threadName(place)]), threadStateOf(tx, place)]);
  return facts;
}

/** Opens a conversation in a thread that is locked. */
async function openHere(
  tx: Executor,
  newId: NewId,
  thread: Thread,
  activity: Activity,
  facts: ThreadState | undefined,
): Promise<string> {
  const found = await touch(tx, thread, activity);
  if (found?.caseStatus === "open") return found.id;
  const caseId = await openCase(tx, newId, thread, activity.at);
  if (!found) return insert(tx, newId, thread, activity, caseId, facts);
  await tx.update(conversations).set({ caseId }).where(eq(conversations.id, found.id));
  return found.id;
}

function isThread({ channel, accountId, threadId }: Place) {
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

function latestHeard(at: Date) {
  return sql`greatest(${conversations.lastUserMessageAt}, ${at.toISOString()}::timestamptz)`;
}

/** The click, where it is the latest that they wrote with. */
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

/** Moves the times of a thread forward, never back, and tells its case; undefined when there is no such thread. */
async function touch(tx: Executor, thread: Thread, { at, byUser, click }: Activity) {
  const [row] = await tx
    .update(conversations)
    .set({
      lastMessageAt: sql`greatest(${conversations.lastMessageAt}, ${at.toISOString()}::timestamptz)`,
      ...(byUser ? { lastUserMessageAt: latestHeard(at) } : {}),
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

async function insert(
  tx: Executor,
  newId: NewId,
  thread: Thread,
  { at, byUser, click }: Activity,
  caseId: string,
  facts: ThreadState | undefined,
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
    reachable: facts?.reachable ?? true,
    reachableChangedAt: facts?.reachableChangedAt ?? null,
    lastMessageAt: at,
    lastUserMessageAt: byUser ? at : null,
    ...clickTo(click),
    clickedAt: click ? at : null,
  });
  return id;
}
