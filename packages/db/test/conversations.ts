import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { EVENT_VERSION, type FollowUp, type Stores, type Thread, uuidv7 } from "@millrace/core";
import { createTestDatabase } from "@millrace/testing";
import { type Database, openDatabase } from "../src/connection/database.ts";
import { migrateDatabase } from "../src/connection/migrate.ts";
import { createInbox } from "../src/inbox/inbox.ts";
import { tenants } from "../src/schema/index.ts";

/** A thread with a customer, of a tenant of its own. */
export type Talk = { id: string; thread: Thread };

/** Times of turns in these tests, in ms. */
export const TIMINGS = { debounceMs: 2_000, debounceCapMs: 10_000, answerTimeoutMs: 120_000 };

/** A database with conversations, what happens in them by way of the inbox, and a clock that stands still. */
export async function openConversations() {
  const testDatabase = await createTestDatabase();
  const database = openDatabase(testDatabase.url, { maxConnections: 12, name: "test" });
  await migrateDatabase(database);
  const clock = { at: new Date("2026-03-01T08:00:00Z") };
  const assistant = { integration: "n8n", timings: TIMINGS };
  const inbox = createInbox(database, uuidv7, { now: () => clock.at, assistant, media: new Set(["whatsapp"]) });

  /** Writes as one event does: what came of it, and the jobs that follow. */
  async function write<T>(
    work: (stores: Stores) => Promise<T>,
    receivedAt = new Date(),
  ): Promise<{ value: T; followUps: readonly FollowUp[] }> {
    const values: T[] = [];
    const { followUps } = await inbox.applyOnce(eventOf(receivedAt), async (stores) => {
      values.push(await work(stores));
      return { result: "written" };
    });
    const [value] = values as [T];
    return { value, followUps };
  }

  return {
    database,
    databaseUrl: testDatabase.url,
    clock,
    write,
    /** Moves the clock on. */
    pass(ms: number): void {
      clock.at = new Date(clock.at.getTime() + ms);
    },
    /** A customer writes for the first time, which is not kept. */
    async meet(channel: Thread["channel"] = "whatsapp", kind: Thread["kind"] = "direct"): Promise<Talk> {
      const tenantId = uuidv7();
      await database.orm.insert(tenants).values({ id: tenantId, name: tenantId });
      const { value } = await write(async (stores) => {
        const name = { channel, externalId: `stable-${tenantId}`, stable: true } as const;
        const contactId = await stores.contacts.resolve(tenantId, [name], { name: "Ada" });
        const threadId =
          channel === "telegram" ? String(Date.now() * 1000 + Math.floor(Math.random() * 1000)) : contactId;
        const thread = {
          tenantId,
          channel,
          accountId: tenantId,
          threadId,
          kind,
          ...(kind === "direct" ? { contactId } : {}),
        };
        return { id: await stores.conversations.open(thread, { at: clock.at, byUser: true }), thread };
      });
      return value;
    },
    /** The customer writes. */
    async hear({ thread }: Talk, body: string, sentAt = clock.at, receivedAt?: Date): Promise<readonly FollowUp[]> {
      const { followUps } = await write(async (stores) => {
        const conversationId = await stores.conversations.open(thread, { at: sentAt, byUser: true });
        const { tenantId, channel, accountId, contactId } = thread;
        const externalId = `${thread.threadId}/${uuidv7()}`;
        const place = { tenantId, channel, accountId, contactId, conversationId, externalId };
        await stores.messages.add({
          ...place,
          direction: "inbound",
          type: "text",
          body,
          sentAt,
          payload: {},
          status: "received",
        });
      }, receivedAt);
      return followUps;
    },
    /** Somebody sends texts; their ids. */
    async say({ id }: Talk, ...texts: readonly string[]): Promise<string[]> {
      const messages = texts.map((text) => partOf(text));
      const queued = { conversationId: id, author: "person", messages, at: clock.at } as const;
      await write((stores) => stores.outbox.queue(queued));
      return messages.map((message) => message.id);
    },
    /** A person takes over, or hands back. */
    turnOver: ({ id }: Talk, mode: "human" | "ai") =>
      write((stores) => stores.conversations.changeMode({ conversationId: id, mode, actor: "Bea", at: clock.at })),
    async close() {
      await database.close();
      await testDatabase.drop();
    },
  };
}

/** A text to be sent, under an id of its own. */
export function partOf(text: string, id = uuidv7()) {
  return { id, type: "text", body: text, content: { type: "text", text } };
}

/** How many statements of this database wait for a lock. */
export async function waiting({ orm }: Database): Promise<number> {
  const [row] = await orm.execute<{ count: number }>(
    sql`select count(*)::int as count from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`,
  );
  return row?.count ?? 0;
}

function eventOf(receivedAt: Date) {
  const base = { v: EVENT_VERSION, integration: "test", kind: "test", payload: {} } as const;
  return { ...base, id: randomUUID(), correlationId: randomUUID(), receivedAt: receivedAt.toISOString() };
}
