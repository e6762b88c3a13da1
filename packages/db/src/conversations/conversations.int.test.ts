import { eq } from "drizzle-orm";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { type Activity, uuidv7 } from "@millrace/core";
import { useDatabase } from "../../test/use-database.ts";
import type { Executor } from "../connection/database.ts";
import { isOutage } from "../connection/outage.ts";
import { cases, conversations, conversionUploads, messages, tenants } from "../schema/index.ts";
import { type ConversationStore, conversationStore } from "./conversations.ts";
import { conversionStore } from "../conversions/conversions.ts";
import { eventContext } from "../inbox/event-context.ts";
import { messageStore } from "../messages/messages.ts";

const database = useDatabase();
/** The account's id is the tenant's, so that every test has its own threads. */
let tenantId: string;

beforeEach(async () => {
  tenantId = uuidv7();
  await database.orm.insert(tenants).values({ id: tenantId, name: tenantId });
});

test("concurrent messages in a new thread open one conversation with one case", async () => {
  for (let round = 0; round < 10; round += 1) {
    const ids = await Promise.all(Array.from({ length: 10 }, () => open(`${round}`)));
    expect(new Set(ids).size).toBe(1);
  }
  expect(await threads()).toHaveLength(10);
  expect(await matters()).toHaveLength(10);
});

test("concurrent messages after a closed case open one new case, and the closed one stays", async () => {
  const id = await open("1");
  for (let round = 1; round <= 5; round += 1) {
    await database.orm.update(cases).set({ status: "closed" }).where(eq(cases.tenantId, tenantId));
    expect(new Set(await Promise.all(Array.from({ length: 10 }, () => open("1"))))).toEqual(new Set([id]));
    const all = await matters();
    expect(all).toHaveLength(round + 1);
    const [thread] = await threads();
    expect(all.filter(({ status }) => status === "open")).toMatchObject([{ id: thread?.caseId }]);
  }
});

test("times only move forward, and only inbound messages open the messaging window", async () => {
  await open("1", { at: minute(5), byUser: true });
  await open("1", { at: minute(9), byUser: false });
  await open("1", { at: minute(3), byUser: true });
  expect(await threads()).toMatchObject([{ lastMessageAt: minute(9), lastUserMessageAt: minute(5) }]);
});

test("the latest click wins in every order of messages", async () => {
  const click = (id: string) => ({ kind: "gclid", id }) as const;
  const steps = [
    { at: minute(2), byUser: true, click: click("first") },
    { at: minute(4), byUser: true, click: click("second") },
    { at: minute(6), byUser: true },
  ];
  for (const [thread, order] of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
  ].entries()) {
    for (const index of order) await open(`${thread}`, steps[index]);
  }
  const clicked = { clickKind: "gclid", clickId: "second", clickedAt: minute(4) };
  expect(await threads()).toMatchObject([clicked, clicked, clicked]);
  const [thread] = await threads();
  expect(await step((store) => store.find(thread?.id ?? ""))).toMatchObject({ click: click("second") });
  await open("7");
  const none = (await threads()).find(({ threadId }) => threadId === "7");
  expect((await step((store) => store.find(none?.id ?? "")))?.click).toBeUndefined();
});

test("a merged conversation has the later click and the conversions of both", async () => {
  const click = (id: string) => ({ kind: "wbraid", id }) as const;
  const old = await open("-1", { at: minute(5), byUser: true, click: click("later") });
  const survivor = await open("-1001", { at: minute(3), byUser: true, click: click("earlier") });
  await transact((tx) =>
    conversionStore(tx, eventContext(uuidv7)).add({
      integration: "google",
      tenantId,
      conversationId: old,
      transactionId: tenantId,
      accountId: "1",
      actionId: "1",
      click: click("later"),
      convertedAt: minute(9).toISOString(),
      consent: {},
      eventSource: "WEB",
    }),
  );
  await step((store) => store.migrate("telegram", tenantId, "-1", "-1001"));
  expect(await threads()).toMatchObject([{ id: survivor, clickId: "later", clickedAt: minute(5) }]);
  const sales = database.orm.select().from(conversionUploads).where(eq(conversionUploads.tenantId, tenantId));
  expect(await sales).toMatchObject([{ conversationId: survivor }]);
});

test("groups start in mode human, direct threads in mode ai", async () => {
  await open("1");
  await step((store) => store.open({ ...place("2"), kind: "group", title: "Bakers" }, { at: minute(1), byUser: true }));
  expect(
    (await threads())
      .map(({ kind, mode, title }) => ({ kind, mode, title }))
      .sort((a, b) => (a.kind < b.kind ? -1 : 1)),
  ).toEqual([
    { kind: "direct", mode: "ai", title: null },
    { kind: "group", mode: "human", title: "Bakers" },
  ]);
});

test("the latest report decides whether a thread is reachable in every order, also before the first message", async () => {
  const words = fc.array(fc.record({ reachable: fc.boolean(), at: fc.integer({ min: 1, max: 4 }) }), {
    minLength: 1,
    maxLength: 4,
  });
  const orders = words.chain((list) => {
    const steps = ["open" as const, ...list];
    const order = fc.shuffledSubarray(steps, { minLength: steps.length });
    return fc.tuple(order, order);
  });
  let thread = 0;
  await fc.assert(
    fc.asyncProperty(orders, async (ways) => {
      const ends = [];
      for (const steps of ways) {
        thread += 1;
        const name = `${thread}`;
        for (const each of steps) {
          if (each === "open") await open(name);
          else await reach(name, each.reachable, minute(each.at));
        }
        const row = (await threads()).find(({ threadId }) => threadId === name);
        ends.push({ reachable: row?.reachable, at: row?.reachableChangedAt });
      }
      const reports = ways[0].filter((each) => each !== "open");
      const last = Math.max(...reports.map(({ at }) => at));
      const reachable = reports.some((report) => report.at === last && report.reachable);
      expect(ends).toEqual([
        { reachable, at: minute(last) },
        { reachable, at: minute(last) },
      ]);
    }),
    { numRuns: 15 },
  );
});

test("a block that is processed together with the first message is never lost", async () => {
  for (let round = 0; round < 30; round += 1) {
    await Promise.all([open(`${round}`), reach(`${round}`, false, minute(1))]);
  }
  expect((await threads()).filter(({ reachable }) => reachable)).toEqual([]);
});

test("a group that becomes a supergroup stays one thread in every order of events", async () => {
  const steps = ["old", "move", "new", "late", "move"] as const;
  let group = 100;
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([...steps], { minLength: steps.length }), async (order) => {
      group += 1;
      const [from, to] = [`-${group}`, `-100${group}`];
      for (const [index, each] of order.entries()) {
        if (each === "move") await step((store) => store.migrate("telegram", tenantId, from, to));
        else await addMessage(each === "new" ? to : from, `${group}/${index}`, minute(each === "late" ? 9 : 1));
      }
      const found = (await threads()).filter(({ threadId }) => threadId === from || threadId === to);
      expect(found).toMatchObject([{ threadId: to, lastMessageAt: minute(9) }]);
      const stored = await database.orm
        .select()
        .from(messages)
        .where(eq(messages.conversationId, found[0]?.id ?? ""));
      expect(stored).toHaveLength(3);
    }),
    { numRuns: 15 },
  );
  expect((await matters()).map(({ id }) => id).sort()).toEqual((await threads()).map(({ caseId }) => caseId).sort());
});

test("a group that moves during messages with both ids is one thread, and no message is lost", async () => {
  for (let round = 0; round < 10; round += 1) {
    const [from, to] = [`-2${round}`, `-1002${round}`];
    if (round % 2 === 0) await addMessage(from, `${from}/0`, minute(1));
    await Promise.all([
      ...[1, 2, 3].map((index) => addMessage(from, `${from}/${index}`, minute(1))),
      step((store) => store.migrate("telegram", tenantId, from, to)),
      step((store) => store.migrate("telegram", tenantId, from, to)),
      ...[1, 2, 3].map((index) => addMessage(to, `${to}/${index}`, minute(1))),
    ]);
    const found = (await threads()).filter(({ threadId }) => threadId === from || threadId === to);
    expect(found).toMatchObject([{ threadId: to }]);
    const stored = await database.orm
      .select()
      .from(messages)
      .where(eq(messages.conversationId, found[0]?.id ?? ""));
    expect(stored).toHaveLength(round % 2 === 0 ? 7 : 6);
  }
  expect((await matters()).map(({ id }) => id).sort()).toEqual((await threads()).map(({ caseId }) => caseId).sort());
});

test("a merged conversation is in mode human if either was", async () => {
  await open("-1");
  await open("-1001");
  await database.orm.update(conversations).set({ mode: "human", epoch: 3 }).where(eq(conversations.threadId, "-1"));
  await reach("-1", false, minute(1));
  await step((store) => store.migrate("telegram", tenantId, "-1", "-1001"));
  expect(await threads()).toMatchObject([{ threadId: "-1001", mode: "human", epoch: 4, reachable: false }]);
});

function step<T>(write: (store: ConversationStore) => Promise<T>): Promise<T> {
  return transact((tx) => write(conversationStore(tx, eventContext(uuidv7))));
}

/** Retries a transaction that Postgres aborts because of a conflict, as the worker does. */
async function transact<T>(work: (tx: Executor) => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await database.orm.transaction(work);
    } catch (error) {
      if (!isOutage(error)) throw error;
    }
  }
}

function place(threadId: string) {
  return { tenantId, channel: "telegram", accountId: tenantId, threadId } as const;
}

function open(threadId: string, activity: Activity = { at: minute(1), byUser: true }): Promise<string> {
  return step((store) => store.open({ ...place(threadId), kind: "direct" }, activity));
}

function reach(threadId: string, reachable: boolean, at: Date): Promise<void> {
  return step((store) => store.setReachable("telegram", tenantId, threadId, reachable, at));
}

function addMessage(threadId: string, externalId: string, at: Date): Promise<void> {
  return transact(async (tx) => {
    const thread = { ...place(threadId), kind: "group" } as const;
    const conversationId = await conversationStore(tx, eventContext(uuidv7)).open(thread, { at, byUser: true });
    const message = { tenantId, channel: "telegram", accountId: tenantId, conversationId, externalId } as const;
    const rest = { direction: "inbound", type: "text", status: "received", sentAt: at, payload: {} } as const;
    await messageStore(tx, eventContext(uuidv7)).add({ ...message, ...rest });
  });
}

function threads() {
  return database.orm.select().from(conversations).where(eq(conversations.tenantId, tenantId));
}

function matters() {
  return database.orm.select().from(cases).where(eq(cases.tenantId, tenantId));
}

function minute(number: number): Date {
  return new Date(Date.UTC(2026, 2, 1, 9, number));
}
