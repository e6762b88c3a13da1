import { asc, eq } from "drizzle-orm";
import {
  EVENT_VERSION,
  type Fact,
  type FactOf,
  type OutgoingFormat,
  type ThreadReference,
  uuidv7,
  written,
} from "@millrace/core";
import { afterAll, beforeAll } from "vitest";
import { z } from "zod";
import { useTestDatabase } from "@millrace/testing";
import { assignAccounts } from "../src/accounts/accounts.ts";
import type { InboxSettings } from "../src/inbox/event-context.ts";
import { openDatabase } from "../src/connection/database.ts";
import { createInbox } from "../src/inbox/inbox.ts";
import { aiTurns, conversations, messages, tenants } from "../src/schema/index.ts";

/** The time of the facts in these tests. */
export const AT = new Date("2026-03-01T08:00:00.000Z");

/** The integration that answers as the AI in these tests. */
export const ASSISTANT = { integration: "n8n", timings: { debounceMs: 0, debounceCapMs: 0, answerTimeoutMs: 60_000 } };

/** A database of this file in which the tenant Mill owns all accounts, and functions that apply facts through the inbox. */
export function useFacts() {
  const { url } = useTestDatabase();
  const database = openDatabase(url, { maxConnections: 10, name: "test" });
  afterAll(() => database.close());
  const inbox = createInbox(database, uuidv7, SETTINGS);

  beforeAll(async () => {
    const accounts = ["telegram", "whatsapp", "google", "meta"].map((provider) => ({ provider, externalId: "*" }));
    const assignments = accounts.map((account) => ({ ...account, tenantName: "Mill" }));
    await assignAccounts(database.orm, assignments, uuidv7);
  });

  /** Applies facts as one event with a new id. */
  const apply = (...facts: readonly Fact[]) => inbox.applyOnce(newEvent(), written(...facts));

  const conversationsOf = (threadId: string) =>
    database.orm.select().from(conversations).where(eq(conversations.threadId, threadId));

  return {
    database,
    databaseUrl: url,
    apply,
    conversationsOf,
    /** Opens a conversation of a new person on Telegram with one inbound text, which opens an AI turn. */
    async open(changes: Partial<FactOf<"message">["activity"]> = {}) {
      const thread = newThread();
      await apply(inboundText(thread, changes));
      const [conversation] = await conversationsOf(thread.threadId);
      if (!conversation) throw new Error("no conversation");
      const turn = eq(aiTurns.conversationId, conversation.id);
      const [opened] = await database.orm.select({ id: aiTurns.id }).from(aiTurns).where(turn);
      return { id: conversation.id, thread, turnId: opened?.id ?? "" };
    },
    readConversation: async (id: string) =>
      (await database.orm.select().from(conversations).where(eq(conversations.id, id)))[0],
    /** The outbound messages of a conversation in their order. */
    readOutbound: async (id: string) => {
      const of = database.orm.select().from(messages).where(eq(messages.conversationId, id));
      return (await of.orderBy(asc(messages.position))).filter(({ direction }) => direction === "outbound");
    },
    tenantOf: async (name: string) =>
      (await database.orm.select({ id: tenants.id }).from(tenants).where(eq(tenants.name, name)))[0]?.id,
  };
}

let nextChatId = 7_000_000_001;

/** The direct thread of a new person with the bot `shop`. */
export function newThread(): ThreadReference & { threadId: string } {
  const threadId = String(nextChatId++);
  return {
    owner: { provider: "telegram", noun: "bot", externalId: "shop" },
    channel: "telegram",
    accountId: "shop",
    threadId,
    kind: "direct",
    person: { identities: [{ channel: "telegram", externalId: threadId, stable: true }], profile: { name: "Ada" } },
  };
}

/** An inbound text in a thread. */
export function inboundText(
  thread: ThreadReference,
  activity: Partial<FactOf<"message">["activity"]> = {},
): FactOf<"message"> {
  const message = { externalId: uuidv7(), direction: "inbound", type: "text", body: "Hello", sentAt: AT } as const;
  return {
    fact: "message",
    thread,
    activity: { at: AT, byUser: true, ...activity },
    message: { ...message, payload: {}, status: "received", ofContact: true },
  };
}

/** What Telegram can send in these tests: texts with `|` between their parts, and a typing action. */
const textFormat: OutgoingFormat = {
  channel: "telegram",
  content: z.looseObject({ type: z.enum(["text", "typing"]) }),
  parts(content) {
    const { type, text = "" } = content as { type: string; text?: string };
    if (type === "typing") return { action: content };
    return text.split("|").map((body) => ({ type, body, content: { type, text: body } }));
  },
};

/** The settings of these tests. */
export const SETTINGS: InboxSettings = {
  now: () => AT,
  assistant: ASSISTANT,
  media: new Set(["telegram"]),
  formats: [textFormat],
  subscribers: [],
};

/** An event with a new id. */
export function newEvent() {
  const id = uuidv7();
  const receivedAt = AT.toISOString();
  return {
    v: EVENT_VERSION,
    integration: "test",
    kind: "test",
    payload: {},
    id,
    correlationId: id,
    receivedAt,
  } as const;
}
