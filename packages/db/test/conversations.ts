import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import {
  EVENT_VERSION,
  type FollowUp,
  type InboundEvent,
  type OutgoingFormat,
  type Thread,
  uuidv7,
} from "@millrace/core";
import { afterAll } from "vitest";
import { z } from "zod";
import { useTestDatabase } from "@millrace/testing";
import { type Database, openDatabase } from "../src/connection/database.ts";
import { tenants } from "../src/schema/index.ts";
import { applyWork, type Stores } from "./stores.ts";

/** A conversation with a customer of its own tenant. */
export type TestConversation = { id: string; thread: Thread };

/** An event's webhook request, and its position in it. */
type PlaceInRequest = Pick<InboundEvent, "request" | "index">;

/** The timings of AI turns in these tests, in ms. */
export const TIMINGS = { debounceMs: 2_000, debounceCapMs: 10_000, answerTimeoutMs: 120_000 };

/** A database of this file, functions that change conversations through the inbox, and a clock that tests advance. */
export function useConversations() {
  const { url } = useTestDatabase();
  const database = openDatabase(url, { maxConnections: 12, name: "test" });
  afterAll(() => database.close());
  const clock = { at: new Date("2026-03-01T08:00:00Z") };
  /** The database's clock, which tests advance together with the worker's. */
  const databaseNow = () => sql<Date>`${clock.at.toISOString()}::timestamptz`;
  const assistant = { integration: "n8n", timings: TIMINGS };
  const settings = {
    now: () => clock.at,
    databaseNow,
    assistant,
    media: new Set(["whatsapp"]),
    formats: ["whatsapp", "telegram"].map(textFormat),
    subscribers: [],
  };

  /** Applies one event that runs `work`; returns its value and the follow-up jobs. */
  async function write<T>(
    work: (stores: Stores) => Promise<T>,
    receivedAt = new Date(),
    place: PlaceInRequest = {},
  ): Promise<{ value: T; followUps: readonly FollowUp[] }> {
    const values: T[] = [];
    const apply = async (stores: Stores) => {
      values.push(await work(stores));
      return { result: "written" } as const;
    };
    const { followUps } = await applyWork(database, uuidv7, eventOf(receivedAt, place), apply, settings);
    const [value] = values as [T];
    return { value, followUps };
  }

  return {
    database,
    databaseUrl: url,
    clock,
    databaseNow,
    write,
    /** Advances the clock. */
    advance(ms: number): void {
      clock.at = new Date(clock.at.getTime() + ms);
    },
    /** Opens a conversation with a new customer, without a message. */
    async open(channel: Thread["channel"] = "whatsapp", kind: Thread["kind"] = "direct"): Promise<TestConversation> {
      const tenantId = uuidv7();
      await database.orm.insert(tenants).values({ id: tenantId, name: tenantId });
      const { value } = await write(async (stores) => {
        const identity = { channel, externalId: `stable-${tenantId}`, stable: true } as const;
        const contactId = await stores.contacts.resolve(tenantId, [identity], { name: "Ada" });
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
    /** The customer sends a text. */
    async receive(
      { thread }: TestConversation,
      body: string,
      sentAt = clock.at,
      receivedAt?: Date,
      place?: PlaceInRequest,
    ): Promise<readonly FollowUp[]> {
      const { followUps } = await write(
        async (stores) => {
          const conversationId = await stores.conversations.open(thread, { at: sentAt, byUser: true });
          const { tenantId, channel, accountId, contactId } = thread;
          const externalId = `${thread.threadId}/${uuidv7()}`;
          const columns = { tenantId, channel, accountId, contactId, conversationId, externalId };
          await stores.messages.add({
            ...columns,
            direction: "inbound",
            type: "text",
            body,
            sentAt,
            payload: {},
            status: "received",
          });
        },
        receivedAt,
        place,
      );
      return followUps;
    },
    /** A person queues texts to the customer; returns their ids. */
    async send({ id }: TestConversation, ...texts: readonly string[]): Promise<string[]> {
      const messages = texts.map((text) => textMessage(text));
      const queued = { conversationId: id, author: "person", messages, at: clock.at } as const;
      await write((stores) => stores.outbox.queue(queued));
      return messages.map((message) => message.id);
    },
    /** A person takes over, or hands back. */
    changeMode: ({ id }: TestConversation, mode: "human" | "ai") =>
      write((stores) => stores.conversations.changeMode({ conversationId: id, mode, actor: "Bea", at: clock.at })),
  };
}

/** A text message to send. */
export function textMessage(text: string, id = uuidv7()) {
  return { id, type: "text", body: text, content: { type: "text", text } };
}

/** A channel that can send texts. */
function textFormat(channel: string): OutgoingFormat {
  const parts = (content: unknown) => [{ type: "text", content }];
  return { channel, content: z.unknown(), parts };
}

/** Counts the statements that wait for a lock in this database. */
export async function countBlocked({ orm }: Database): Promise<number> {
  const [row] = await orm.execute<{ count: number }>(
    sql`select count(*)::int as count from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`,
  );
  return row?.count ?? 0;
}

function eventOf(receivedAt: Date, place: PlaceInRequest) {
  const base = { v: EVENT_VERSION, integration: "test", kind: "test", payload: {} } as const;
  return { ...base, ...place, id: randomUUID(), correlationId: randomUUID(), receivedAt: receivedAt.toISOString() };
}
