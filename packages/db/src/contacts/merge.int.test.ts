import { eq, inArray, sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { type Identity, uuidv7 } from "@millrace/core";
import { until } from "@millrace/testing";
import { useDatabase } from "../../test/use-database.ts";
import type { Executor } from "../connection/database.ts";
import { cases, contacts, conversations, conversionUploads, messages, tenants } from "../schema/index.ts";
import { contactStore } from "./contacts.ts";
import { conversationStore } from "../conversations/conversations.ts";
import { conversionStore } from "../conversions/conversions.ts";
import { eventContext } from "../inbox/event-context.ts";
import { messageStore } from "../messages/messages.ts";

const database = useDatabase(6);
let tenantId: string;

beforeEach(async () => {
  tenantId = uuidv7();
  await database.orm.insert(tenants).values({ id: tenantId, name: tenantId });
});

test("a merge combines threads and open cases, keeps closed cases and loses no message", async () => {
  const one = await writeText([phone("1")], "2026-03-01T08:00:00Z");
  const two = await writeText([bsuid("a")], "2026-02-01T08:00:00Z");
  expect(one).not.toBe(two);
  await close(two);
  await writeText([bsuid("a")], "2026-02-02T08:00:00Z");
  const survivor = await writeText([bsuid("a"), phone("1")], "2026-03-02T08:00:00Z");
  expect(survivor).toBe(one);
  const [thread, ...others] = await threadsOf(survivor);
  expect(others).toEqual([]);
  expect(thread).toMatchObject({ threadId: survivor, lastMessageAt: new Date("2026-03-02T08:00:00Z") });
  const theirs = await database.orm.select().from(cases).where(eq(cases.contactId, survivor));
  expect(theirs.map(({ status }) => status).sort()).toEqual(["closed", "open"]);
  expect(theirs.find(({ id }) => id === thread?.caseId)).toMatchObject({
    status: "open",
    openedAt: new Date("2026-02-02T08:00:00Z"),
  });
  expect(await messagesOf(survivor)).toHaveLength(4);
});

test("a merge keeps the open case of either thread", async () => {
  const one = await writeText([phone("1")], "2026-03-01T08:00:00Z");
  await writeText([bsuid("a")], "2026-03-02T08:00:00Z");
  await close(one);
  const survivor = await resolve([bsuid("a"), phone("1")]);
  const [thread] = await threadsOf(survivor);
  const [theirs] = await database.orm
    .select()
    .from(cases)
    .where(eq(cases.id, thread?.caseId ?? ""));
  expect(theirs).toMatchObject({ status: "open", openedAt: new Date("2026-03-02T08:00:00Z") });
});

test("a merge waits for a concurrent message to the removed contact, and moves it", async () => {
  const one = await writeText([phone("1")], "2026-03-01T08:00:00Z");
  const two = await writeText([bsuid("a")], "2026-03-01T08:00:00Z");
  let merging: Promise<string> | undefined;
  await database.orm.transaction(async (tx) => {
    const contactId = await text(tx, [bsuid("a")], "2026-03-03T08:00:00Z", async () => {
      merging = resolve([bsuid("a"), phone("1")]);
      await until("the merge waits", async () => (await waiting()) > 0);
    });
    await contactStore(tx, eventContext(uuidv7)).setMarketing(contactId, false, new Date());
  });
  expect(await merging).toBe(one);
  expect(await messagesOf(one)).toHaveLength(3);
  expect(await profile(one)).toMatchObject({ marketingAllowed: false });
  expect(await profile(two)).toBeUndefined();
});

test("an event during a merge waits and then finds the surviving contact", async () => {
  const one = await writeText([phone("1")], "2026-03-01T08:00:00Z");
  await writeText([bsuid("a")], "2026-03-01T08:00:00Z");
  let writing: Promise<string> | undefined;
  await database.orm.transaction(async (tx) => {
    await contactStore(tx, eventContext(uuidv7)).resolve(tenantId, [bsuid("a"), phone("1")], {});
    writing = writeText([bsuid("a")], "2026-03-03T08:00:00Z");
    await until("the message waits", async () => (await waiting()) > 0);
  });
  expect(await writing).toBe(one);
  expect(await messagesOf(one)).toHaveLength(3);
});

test("a merge moves the conversions of both threads and keeps the latest click", async () => {
  const one = await writeText([phone("1")], "2026-03-01T08:00:00Z");
  const two = await writeText([bsuid("a")], "2026-03-02T08:00:00Z");
  for (const [contactId, clickId, day] of [
    [one, "first", "2026-03-01"],
    [two, "second", "2026-03-02"],
  ] as const) {
    const [thread] = await database.orm
      .update(conversations)
      .set({ clickKind: "gclid", clickId, clickedAt: new Date(day) })
      .where(eq(conversations.contactId, contactId))
      .returning();
    await database.orm.transaction((tx) =>
      conversionStore(tx, eventContext(uuidv7)).add({
        integration: "google",
        ...SALE,
        tenantId,
        transactionId: contactId,
        conversationId: thread?.id ?? "",
      }),
    );
  }
  const [thread] = await threadsOf(await resolve([bsuid("a"), phone("1")]));
  expect(thread).toMatchObject({ clickKind: "gclid", clickId: "second", clickedAt: new Date("2026-03-02") });
  const won = await database.orm.select().from(conversionUploads).where(eq(conversionUploads.tenantId, tenantId));
  expect(won.map(({ conversationId }) => conversationId)).toEqual([thread?.id, thread?.id]);
});

const SALE = {
  accountId: "1",
  actionId: "7001",
  click: { kind: "gclid", id: "click" },
  convertedAt: "2026-03-03T12:00:00Z",
  consent: {},
  eventSource: "MESSAGE",
} as const;

type Names = readonly [Identity, ...Identity[]];

function bsuid(name: string): Identity {
  return { channel: "whatsapp", externalId: `NL.${name}`, stable: true };
}

function phone(digits: string): Identity {
  return { channel: "whatsapp", externalId: digits, stable: false };
}

function resolve(names: Names): Promise<string> {
  return database.orm.transaction((tx) => contactStore(tx, eventContext(uuidv7)).resolve(tenantId, names, {}));
}

function writeText(names: Names, at: string): Promise<string> {
  return database.orm.transaction((tx) => text(tx, names, at));
}

async function text(tx: Executor, names: Names, time: string, between?: () => Promise<void>): Promise<string> {
  const contactId = await contactStore(tx, eventContext(uuidv7)).resolve(tenantId, names, {});
  await between?.();
  const place = { tenantId, channel: "whatsapp", accountId: tenantId } as const;
  const at = new Date(time);
  const conversationId = await conversationStore(tx, eventContext(uuidv7)).open(
    { ...place, threadId: contactId, kind: "direct", contactId },
    { at, byUser: true },
  );
  const message = { ...place, conversationId, contactId, externalId: uuidv7(), sentAt: at, payload: {} };
  await messageStore(tx, eventContext(uuidv7)).add({
    ...message,
    direction: "inbound",
    type: "text",
    status: "received",
  });
  return contactId;
}

async function close(contactId: string): Promise<void> {
  await database.orm.update(cases).set({ status: "closed" }).where(eq(cases.contactId, contactId));
}

async function profile(contactId: string) {
  const [row] = await database.orm.select().from(contacts).where(eq(contacts.id, contactId));
  return row;
}

function threadsOf(contactId: string) {
  return database.orm.select().from(conversations).where(eq(conversations.contactId, contactId));
}

async function messagesOf(contactId: string) {
  const threads = await threadsOf(contactId);
  const ids = threads.map(({ id }) => id);
  const rows = await database.orm.select().from(messages).where(inArray(messages.conversationId, ids));
  return rows.filter((row) => row.contactId === contactId);
}

async function waiting(): Promise<number> {
  const [row] = await database.orm.execute<{ count: number }>(
    sql`select count(*)::int as count from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
  );
  return row?.count ?? 0;
}
